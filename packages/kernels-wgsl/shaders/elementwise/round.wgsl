// Nearest integer, halves to even.
fn round_f32(a: f32) -> f32 {
  return round(a);
}

fn round_i32(a: i32) -> i32 {
  return a;
}
