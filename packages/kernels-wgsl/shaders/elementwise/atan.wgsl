// Arctangent in radians.
//! use atan
fn atan_f32(a: f32) -> f32 {
  return atan_own(a);
}
