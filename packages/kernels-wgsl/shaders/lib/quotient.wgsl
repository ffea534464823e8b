// Quotients and roots to half an ulp: WGSL allows a quotient 2.5 ulp and a root about 5. One correction by the exact remainder makes up for
// it, where none of its parts leaves the normal numbers; elsewhere the device's own result stays.
//! use double special
// 2^-50 ≤ |x| < 2^51
fn is_moderate(x: f32) -> bool {
  return ((bitcast<u32>(x) >> 23u) & 0xffu) - 77u <= 100u;
}

fn quotient(a: f32, b: f32) -> f32 {
  let q = a / b;
  let p = rounded(q * b);
  let remainder = rounded(a - p) - product_error(q, b, p);
  return select(q, q + remainder / b, is_moderate(a) && is_moderate(b));
}

// √x; NaN below −0.
fn root(x: f32) -> f32 {
  let y = sqrt(x);
  let p = rounded(y * y);
  let remainder = rounded(x - p) - product_error(y, y, p);
  let better = select(y, y + remainder / (y + y), is_moderate(x));
  return select(better, select(not_a_number(), x, x == 0.0), is_negative(x));
}

// 1 / √x: ±∞ at ±0, NaN below.
fn reciprocal_root(x: f32) -> f32 {
  let y = inverseSqrt(x);
  // 1 − x y², x y in two words
  let t = rounded(x * y);
  let p = rounded(t * y);
  let remainder = (rounded(1.0 - p) - product_error(t, y, p)) - product_error(x, y, t) * y;
  let better = select(y, y + 0.5 * y * remainder, is_moderate(x));
  return select(select(better, times_sign_of(infinity(), x), x == 0.0), not_a_number(), x < 0.0);
}
