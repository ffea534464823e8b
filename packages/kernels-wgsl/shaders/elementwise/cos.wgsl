// cos a, a in radians of any size; NaN at ±∞.
//! use trig
fn cos_f32(a: f32) -> f32 {
  return cos_own(a);
}
