// e^a − 1 without cancellation.
//! use expm1
fn expm1_f32(a: f32) -> f32 {
  return expm1_own(a);
}
