// a / (1 + e^−a), also called swish; NaN at −∞, as PyTorch.
//! use sigmoid
fn silu_f32(a: f32) -> f32 {
  return a * sigmoid_own(a);
}
