// Second derivative of log Γ: +∞ at 0, −1, −2, …, NaN at −∞.
//! use gamma
fn trigamma_f32(a: f32) -> f32 {
  return trigamma_own(a);
}
