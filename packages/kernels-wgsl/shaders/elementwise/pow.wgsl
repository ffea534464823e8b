// a^b with the special cases of C99 (annex F).
//! use pow
fn pow_f32(a: f32, b: f32) -> f32 {
  return power(a, b);
}
