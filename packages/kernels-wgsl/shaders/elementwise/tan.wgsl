// tan a, a in radians of any size; NaN at ±∞.
//! use trig
fn tan_f32(a: f32) -> f32 {
  return tan_own(a);
}
