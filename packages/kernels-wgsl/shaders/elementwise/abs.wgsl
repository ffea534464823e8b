// |a|; −0 gives 0.
fn abs_f32(a: f32) -> f32 {
  return abs(a);
}

fn abs_i32(a: i32) -> i32 {
  return abs(a);
}
