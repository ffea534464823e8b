// 1 where a ≠ b or either is NaN, else 0.
//! use special
fn ne_f32(a: f32, b: f32) -> f32 {
  return select(0.0, 1.0, a != b || is_nan(a) || is_nan(b));
}

fn ne_i32(a: i32, b: i32) -> i32 {
  return select(0, 1, a != b);
}
