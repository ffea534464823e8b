// Inverse hyperbolic tangent: ½ log(1 + 2x/(1 − x)); ±∞ at ±1, NaN outside.
//! use log1p special
fn atanh_f32(a: f32) -> f32 {
  let x = abs(a);
  let y = 0.5 * log1p_own(2.0 * x / (1.0 - min(x, 0.99999994)));
  let inside = select(with_sign_of(select(y, infinity(), x == 1.0), a), a, x < 1e-4);
  return select(inside, not_a_number(), x > 1.0 || is_nan(a));
}
