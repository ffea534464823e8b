// a as it is: a chain that only moves or converts.
fn copy_f32(a: f32) -> f32 {
  return a;
}

fn copy_i32(a: i32) -> i32 {
  return a;
}
