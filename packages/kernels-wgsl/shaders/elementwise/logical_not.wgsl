// 1 where a is 0, else 0.
fn logical_not_f32(a: f32) -> f32 {
  return select(0.0, 1.0, a == 0.0);
}

fn logical_not_i32(a: i32) -> i32 {
  return select(0, 1, a == 0);
}
