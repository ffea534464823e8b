// 1 where a is NaN, else 0.
//! use special
fn isnan_f32(a: f32) -> f32 {
  return select(0.0, 1.0, is_nan(a));
}

fn isnan_i32(a: i32) -> i32 {
  return 0;
}
