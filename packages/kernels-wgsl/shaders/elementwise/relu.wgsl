// max(a, 0); NaN stays NaN.
fn relu_f32(a: f32) -> f32 {
  return select(a, 0.0, a <= 0.0);
}
