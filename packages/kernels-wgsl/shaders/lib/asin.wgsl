// asin and acos. Beyond ½ asin x = π/2 − 2 asin √((1 − x)/2). Coefficients: Remez.
//! use special
const ASIN_QUARTER_HI = 1.5707963705062866;
const ASIN_QUARTER_LO = -4.371139e-8;

// (asin(x)/x − 1) / x² on |x| ≤ ½, z = x²: relative error of asin 2^-31
fn asin_polynomial(z: f32) -> f32 {
  var p = 0.03768924996256828 * z + 0.014317830093204975;
  p = p * z + 0.03183874115347862;
  p = p * z + 0.044513385742902756;
  p = p * z + 0.07500521838665009;
  return p * z + 0.16666659712791443;
}

fn asin_own(x: f32) -> f32 {
  let a = abs(x);
  let small = a < 0.5;
  let z = select(0.5 - 0.5 * a, a * a, small);
  let t = select(sqrt(z), a, small);
  let tail = t * z * asin_polynomial(z);
  let large = ASIN_QUARTER_HI - (2.0 * t + (2.0 * tail - ASIN_QUARTER_LO));
  let y = select(large, t + tail, small);
  return select(with_sign_of(y, x), not_a_number(), a > 1.0 || is_nan(x));
}

fn acos_own(x: f32) -> f32 {
  let a = abs(x);
  let small = a < 0.5;
  let z = select(0.5 - 0.5 * a, a * a, small);
  let t = select(sqrt(z), x, small);
  let tail = t * z * asin_polynomial(z);
  let central = ASIN_QUARTER_HI - (t + (tail - ASIN_QUARTER_LO));
  let left = 2.0 * (ASIN_QUARTER_HI - (t + (tail - ASIN_QUARTER_LO)));
  let y = select(select(2.0 * (t + tail), left, x < 0.0), central, small);
  return select(y, not_a_number(), a > 1.0 || is_nan(x));
}
