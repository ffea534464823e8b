// tanh x: an odd polynomial about 0, then 1 − 2 / (e^2|x| + 1). Coefficients: Remez.
//! use exp special
fn tanh_own(x: f32) -> f32 {
  let a = abs(x);
  let z = x * x;
  // (tanh(x)/x − 1) / x² on |x| ≤ 0.5625: relative error of tanh 2^-29
  var p = -0.00616961345076561 * z + 0.021000375971198082;
  p = p * z - 0.053835757076740265;
  p = p * z + 0.13332436978816986;
  p = p * z - 0.3333331346511841;
  let small = a + a * z * p;
  let large = 1.0 - 2.0 / (exp_own(min(a + a, 40.0)) + 1.0);
  return select(with_sign_of(select(large, small, a < 0.5625), x), x, is_nan(x));
}
