// Arcsine in radians; NaN outside [−1, 1].
//! use asin
fn asin_f32(a: f32) -> f32 {
  return asin_own(a);
}
