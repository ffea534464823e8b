// 1, −1, or a itself where it is ±0 or NaN.
//! use special
fn sign_f32(a: f32) -> f32 {
  return select(select(a, with_sign_of(1.0, a), a != 0.0), a, is_nan(a));
}

fn sign_i32(a: i32) -> i32 {
  return sign(a);
}
