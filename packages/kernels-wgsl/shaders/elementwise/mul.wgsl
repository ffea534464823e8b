// a b.
fn mul_f32(a: f32, b: f32) -> f32 {
  return a * b;
}

fn mul_i32(a: i32, b: i32) -> i32 {
  return a * b;
}
