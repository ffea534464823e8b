// 1 − erf(a) without cancellation in the right tail.
//! use erf
fn erfc_f32(a: f32) -> f32 {
  return erfc_own(a);
}
