// sin, cos and tan of a reduced angle. Arrangement of fdlibm's k_sin.c and k_cos.c; coefficients: Remez.
//! use angle special
// sin(r + low), |r| ≤ π/4: relative error 2^-32
fn sine_kernel(r: f32, low: f32) -> f32 {
  let z = r * r;
  var p = 2.831717893059249e-6 * z - 0.00019853025150950998;
  p = p * z + 0.008333379402756691;
  p = p * z - 0.1666666716337204;
  return r + (r * z * p + low);
}

// cos(r + low), |r| ≤ π/4: relative error 2^-31
fn cosine_kernel(r: f32, low: f32) -> f32 {
  let z = r * r;
  var p = 2.4475475584040396e-5 * z - 0.0013887755339965224;
  p = p * z + 0.041666656732559204;
  let half = 0.5 * z;
  let w = rounded(1.0 - half);
  return w + ((rounded(1.0 - w) - half) + (z * z * p - r * low));
}

// sin(angle + shift quarter turns)
fn sine_of(angle: Angle, shift: u32) -> f32 {
  let quarters = angle.quarters + shift;
  let y = select(sine_kernel(angle.r, angle.low), cosine_kernel(angle.r, angle.low), (quarters & 1u) != 0u);
  return select(y, -y, (quarters & 2u) != 0u);
}

fn is_finite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) < 0x7f800000u;
}

fn sin_own(x: f32) -> f32 {
  // Keeps −0.
  return select(select(sine_of(reduce_angle(x), 0u), x, abs(x) < 1e-4), not_a_number(), !is_finite(x));
}

fn cos_own(x: f32) -> f32 {
  return select(sine_of(reduce_angle(x), 1u), not_a_number(), !is_finite(x));
}

fn tan_own(x: f32) -> f32 {
  let angle = reduce_angle(x);
  let r = angle.r;
  let z = r * r;
  // (tan(r)/r − 1) / r² on |r| ≤ π/4: relative error of tan 2^-29
  var p = 0.004462572280317545 * z - 8.458550291834399e-5;
  p = p * z + 0.010972182266414165;
  p = p * z + 0.02123011089861393;
  p = p * z + 0.05406986549496651;
  p = p * z + 0.13332577049732208;
  p = p * z + 0.3333335220813751;
  let t = r + (r * z * p + (angle.low + angle.low * z));
  let y = select(t, -1.0 / t, (angle.quarters & 1u) != 0u);
  return select(select(y, x, abs(x) < 1e-4), not_a_number(), !is_finite(x));
}
