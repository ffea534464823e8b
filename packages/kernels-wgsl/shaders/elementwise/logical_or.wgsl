// 1 where a or b is not 0, else 0.
//! use special
fn logical_or_f32(a: f32, b: f32) -> f32 {
  return select(0.0, 1.0, a != 0.0 || b != 0.0 || is_nan(a) || is_nan(b));
}

fn logical_or_i32(a: i32, b: i32) -> i32 {
  return select(0, 1, a != 0 || b != 0);
}
