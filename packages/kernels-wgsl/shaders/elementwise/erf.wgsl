// Error function.
//! use erf
fn erf_f32(a: f32) -> f32 {
  return erf_own(a);
}
