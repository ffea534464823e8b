// 1 where a < b, else 0; NaN compares false.
fn lt_f32(a: f32, b: f32) -> f32 {
  return select(0.0, 1.0, a < b);
}

fn lt_i32(a: i32, b: i32) -> i32 {
  return select(0, 1, a < b);
}
