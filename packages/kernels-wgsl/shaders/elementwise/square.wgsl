// a².
fn square_f32(a: f32) -> f32 {
  return a * a;
}

fn square_i32(a: i32) -> i32 {
  return a * a;
}
