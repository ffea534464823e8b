// a b + c.
fn madd_f32(a: f32, b: f32, c: f32) -> f32 {
  return a * b + c;
}

fn madd_i32(a: i32, b: i32, c: i32) -> i32 {
  return a * b + c;
}
