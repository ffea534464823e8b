// The tail of the normal distribution, for GELU and its slope.
//! use erf
// ½ erfc(a/√2), the probability beyond a ≥ 0, given e = e^(−a²/2).
fn normal_tail(a: f32, e: f32) -> f32 {
  let z = min(a, 16.0) * 0.7071067811865476;
  let near = 0.5 - 0.5 * (z + erf_excess(min(z, 0.8125)));
  let far = 0.5 * erfc_scaled(2.0 / (z + 2.0)) * e;
  return select(far, near, z < 0.8125);
}
