// Exact sums and products of f32: what rounding lost, as a second word (T. J. Dekker 1971). By halves of the mantissas, because WGSL's fma
// need not be fused. Sums and products must come through `rounded`.
//! use rounded
// The upper 12 bits, so that products of upper halves are exact.
fn upper_half(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
}

// a b − p, where p = a b rounded.
fn product_error(a: f32, b: f32, p: f32) -> f32 {
  let a1 = upper_half(a);
  let a2 = rounded(a - a1);
  let b1 = upper_half(b);
  let b2 = rounded(b - b1);
  return (rounded(a1 * b1 - p) + a1 * b2 + a2 * b1) + a2 * b2;
}

// (a + b) − s, where s = a + b rounded and |a| ≥ |b|.
fn sum_error(a: f32, b: f32, s: f32) -> f32 {
  return b - rounded(s - a);
}
