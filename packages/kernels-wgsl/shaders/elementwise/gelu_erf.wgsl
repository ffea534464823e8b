// a Φ(a), Φ the normal distribution; NaN at −∞, as PyTorch.
//! use normal_tail
fn gelu_erf_f32(a: f32) -> f32 {
  let x = abs(a);
  let tail = normal_tail(x, exp_minus_square(min(x, 16.0), 0.5));
  return a * select(1.0 - tail, tail, a < 0.0);
}
