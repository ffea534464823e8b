// The tail of the normal distribution, for GELU and its slope.
//! use erf
// ½ erfc(a/√2), the probability beyond a ≥ 0, given e = e^(−a²/2).
fn normal_tail(a: f32, e: f32) -> f32 {
  return 0.5 * erfc_scaled(2.0 / (min(a, 16.0) * 0.7071067811865476 + 2.0)) * e;
}
