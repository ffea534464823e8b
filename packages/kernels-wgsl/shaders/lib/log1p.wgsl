// log(1 + u): the logarithm of the rounded sum, and what the rounding lost as a correction.
//! use log rounded special
fn log1p_own(u: f32) -> f32 {
  let w = rounded(1.0 + u);
  // Within [√½ − 1, √2 − 1] u itself is the mantissa less one.
  let near = u > -0.29289323 && u < 0.41421357;
  let m = mantissa_of(w);
  let larger = max(u, 1.0);
  let smaller = min(u, 1.0);
  let lost = smaller - rounded(w - larger);
  var y = log_sum(select(m.k, 0.0, near), select(m.f, u, near), select(lost / w, 0.0, near));
  y = select(y, u, bitcast<u32>(u) >= 0x7f800000u && !is_negative(u));
  y = select(y, -infinity(), u == -1.0);
  y = select(y, not_a_number(), u < -1.0 || is_nan(u));
  return select(with_sign_of(y, u), y, is_nan(y));
}
