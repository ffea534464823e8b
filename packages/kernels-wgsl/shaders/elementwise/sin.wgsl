// sin a, a in radians of any size; NaN at ±∞.
//! use trig
fn sin_f32(a: f32) -> f32 {
  return sin_own(a);
}
