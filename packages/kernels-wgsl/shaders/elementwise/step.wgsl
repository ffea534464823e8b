// 1 where a > 0, else 0: the slope of relu.
fn step_f32(a: f32) -> f32 {
  return select(0.0, 1.0, a > 0.0);
}
