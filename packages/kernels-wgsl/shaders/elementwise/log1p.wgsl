// log(1 + a) without cancellation: −∞ at −1, NaN below.
//! use log1p
fn log1p_f32(a: f32) -> f32 {
  return log1p_own(a);
}
