// Smallest integer not below a.
fn ceil_f32(a: f32) -> f32 {
  return ceil(a);
}

fn ceil_i32(a: i32) -> i32 {
  return a;
}
