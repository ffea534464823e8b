// Largest integer not above a.
fn floor_f32(a: f32) -> f32 {
  return floor(a);
}

fn floor_i32(a: i32) -> i32 {
  return a;
}
