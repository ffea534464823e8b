// b where a is not 0, else c; the other one’s NaN does not leak.
//! use special
fn where_f32(a: f32, b: f32, c: f32) -> f32 {
  return select(c, b, a != 0.0 || is_nan(a));
}

fn where_i32(a: i32, b: i32, c: i32) -> i32 {
  return select(c, b, a != 0);
}
