// Natural logarithm: −∞ at ±0, NaN below.
//! use log
fn log_f32(a: f32) -> f32 {
  return log_own(a);
}
