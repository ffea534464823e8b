// Angle of the point (b, a) in radians, in [−π, π], with the special cases of C99 (annex F).
//! use atan
fn atan2_f32(a: f32, b: f32) -> f32 {
  return atan2_own(a, b);
}
