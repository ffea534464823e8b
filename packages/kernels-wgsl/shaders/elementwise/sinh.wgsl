// Hyperbolic sine, of u = e^|a| − 1 while that is small enough to matter.
//! use exp expm1 special
fn sinh_f32(a: f32) -> f32 {
  let x = abs(a);
  let u = expm1_own(min(x, 20.0));
  let near = 0.5 * (u + u / (u + 1.0));
  // e^x / 2 = e^(x − ln 2), finite as long as it can be
  let far = exp_sum(x - LN2_HI, -LN2_LO);
  return select(with_sign_of(select(far, near, x < 16.0), a), a, is_nan(a));
}
