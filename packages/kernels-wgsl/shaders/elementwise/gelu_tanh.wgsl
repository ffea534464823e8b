// GELU by its tanh approximation, ½ a (1 + tanh(√(2/π)(a + 0.044715 a³))), as a σ(2 …) so that the left tail does not cancel.
//! use sigmoid
fn gelu_tanh_f32(a: f32) -> f32 {
  let inner = 0.07135481627260025 * (a * a) + 1.5957691216057308;
  return a * sigmoid_own(a * inner);
}
