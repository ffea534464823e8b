// 1 / a.
//! use quotient
fn reciprocal_f32(a: f32) -> f32 {
  return quotient(1.0, a);
}
