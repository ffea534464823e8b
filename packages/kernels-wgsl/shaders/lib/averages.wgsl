// Constants of exponential averages. A rate β comes in two words, whose sum is its float64: 1 − β and 1 − βᵗ are mostly made of what an f32
// near 1 has no room for.
//! use expm1 log1p rounded
// 1 − β
fn complement(high: f32, low: f32) -> f32 {
  return rounded(1.0 - high) - low;
}

// log β, and −17 for β = 0.
fn log_of_rate(high: f32, low: f32) -> f32 {
  return log1p_own(-min(complement(high, low), 0.99999994));
}

// 1 − βᵗ, what an average that started at 0 is short of after t values.
fn bias_correction(high: f32, low: f32, t: f32) -> f32 {
  return -expm1_own(t * log_of_rate(high, low));
}
