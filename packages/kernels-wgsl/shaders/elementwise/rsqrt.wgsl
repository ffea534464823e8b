// 1 / √a: ±∞ at ±0, NaN below.
//! use quotient
fn rsqrt_f32(a: f32) -> f32 {
  return reciprocal_root(a);
}
