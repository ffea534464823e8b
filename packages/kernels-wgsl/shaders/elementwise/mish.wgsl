// a tanh(log(1 + e^a)) = a n/(n + 2), n = e^a (e^a + 2) (D. Misra 2019); NaN at −∞, as PyTorch.
//! use exp
fn mish_f32(a: f32) -> f32 {
  let e = exp_own(select(a, 40.0, a > 40.0)); // from 40 on tanh is 1
  let n = e * (e + 2.0);
  return a * (n / (n + 2.0));
}
