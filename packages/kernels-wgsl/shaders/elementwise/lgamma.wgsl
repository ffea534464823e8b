// log |Γ(a)|: +∞ at 0, −1, −2, … and ±∞.
//! use gamma
fn lgamma_f32(a: f32) -> f32 {
  return lgamma_own(a);
}
