// NaN, infinity and signs by their bits: WGSL lets a compiler assume that arithmetic and comparisons never meet NaN or infinity, and
// refuses both as constants.
fn is_nan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

fn is_infinite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u;
}

fn is_negative(x: f32) -> bool {
  return bitcast<u32>(x) >= 0x80000000u;
}

fn infinity() -> f32 {
  var bits = 0x7f800000u;
  return bitcast<f32>(bits);
}

fn not_a_number() -> f32 {
  var bits = 0x7fc00000u;
  return bitcast<f32>(bits);
}

// y ≥ 0, or of the sign of x already, with the sign of x: also of −0.
fn with_sign_of(y: f32, x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(y) | (bitcast<u32>(x) & 0x80000000u));
}

// y with its sign turned where x is negative.
fn times_sign_of(y: f32, x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(y) ^ (bitcast<u32>(x) & 0x80000000u));
}
