// Hyperbolic cosine.
//! use exp
fn cosh_f32(a: f32) -> f32 {
  let x = abs(a);
  let far = x > 16.0;
  // e^x / 2 = e^(x − ln 2), finite as long as it can be
  let e = exp_sum(select(x, x - LN2_HI, far), select(0.0, -LN2_LO, far));
  return select(0.5 * e + 0.5 / e, e, far);
}
