// 1 / (1 + e^−a).
//! use sigmoid
fn sigmoid_f32(a: f32) -> f32 {
  return sigmoid_own(a);
}
