// Derivative of log Γ: ∓∞ at ±0, NaN at −1, −2, … and −∞.
//! use gamma
fn digamma_f32(a: f32) -> f32 {
  return digamma_own(a);
}
