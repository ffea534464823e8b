// Arccosine in radians; NaN outside [−1, 1].
//! use asin
fn acos_f32(a: f32) -> f32 {
  return acos_own(a);
}
