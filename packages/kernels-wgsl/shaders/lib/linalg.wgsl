// What the factorisations share: powers of two by which scaling rounds nothing, and the value of a matrix that has no factors.

// Bits of |x|. As whole numbers they are ordered as the values are, and the tests of infinity and NaN are the compiler's to keep.
fn magnitude_bits(x: f32) -> u32 {
  return bitcast<u32>(x) & 0x7fffffffu;
}

const INFINITY_BITS = 0x7f800000u;

// 2ᵉ for x = f · 2ᵉ with 1 ≤ f < 2, from the bits of |x|; 1 where x is zero, subnormal, huge or not finite.
fn power_of(bits: u32) -> f32 {
  let exponent = bits >> 23u;
  return bitcast<f32>(select(exponent, 127u, exponent == 0u || exponent >= 254u) << 23u);
}

// Its reciprocal.
fn inverse_power_of(bits: u32) -> f32 {
  let exponent = bits >> 23u;
  return bitcast<f32>(select(254u - exponent, 127u, exponent == 0u || exponent >= 254u) << 23u);
}

// A constant expression may not be NaN, a variable may.
fn not_a_number() -> f32 {
  var bits = 0x7fc00000u;
  return bitcast<f32>(bits);
}
