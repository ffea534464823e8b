// a − b.
fn sub_f32(a: f32, b: f32) -> f32 {
  return a - b;
}

fn sub_i32(a: i32, b: i32) -> i32 {
  return a - b;
}
