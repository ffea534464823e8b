// Hyperbolic tangent.
//! use tanh
fn tanh_f32(a: f32) -> f32 {
  return tanh_own(a);
}
