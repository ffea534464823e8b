// a Φ(a), Φ the normal distribution; NaN at −∞, as PyTorch.
//! use normal_tail
fn gelu_erf_f32(a: f32) -> f32 {
  let tail = normal_tail(abs(a));
  return a * select(1.0 - tail, tail, a < 0.0);
}
