// a / (1 + |a|); ±∞ gives NaN, as PyTorch’s does.
//! use quotient
fn softsign_f32(a: f32) -> f32 {
  return quotient(a, 1.0 + abs(a));
}
