// x^y = e^(y log x), with the special cases of C99 annex F. The logarithm and its product with y are two-word numbers: an ulp of the
// result is a relative 2^-31 of an exponent near 88. Coefficients: Remez.
//! use double exp log special
// |x|^y, x finite and not 0, y finite
fn power_usual(x: f32, y: f32) -> f32 {
  let m = mantissa_of(abs(x));
  let f = m.f;
  // s = f / (2 + f)
  let d = rounded(2.0 + f);
  let d_low = sum_error(2.0, f, d);
  let s = f / d;
  let sd = rounded(s * d);
  let s_low = (rounded(f - sd) - product_error(s, d, sd) - s * d_low) / d;
  // (log((1 + s)/(1 − s))/s − 2) / s²: relative error of the logarithm 2^-35
  let z = s * s;
  var p = 0.2427881360054016 * z + 0.2849879264831543;
  p = p * z + 0.40000972151756287;
  p = p * z + 0.6666666269302368;
  // log = k ln 2 + 2s + s z p
  let kl = m.k * LN2_HI;
  let a = rounded(kl + 2.0 * s);
  // 2s alone where k = 0, so that the larger comes first.
  let a_low = select(sum_error(kl, 2.0 * s, a), 0.0, m.k == 0.0);
  let tail = s * z * p + (a_low + (2.0 * s_low + m.k * LN2_LO));
  let l = rounded(a + tail);
  let l_low = sum_error(a, tail, l);
  // Beyond 2^40 every y gives 0, 1 or infinity, as 2^40 does.
  let bounded = clamp(y, -1.0995116e12, 1.0995116e12);
  let q = rounded(bounded * l);
  let q_low = product_error(bounded, l, q) + bounded * l_low;
  return exp_sum(q, select(q_low, 0.0, abs(q) > 200.0));
}

fn power(x: f32, y: f32) -> f32 {
  let infinite = is_infinite(x);
  var value = power_usual(x, y);
  let certain = is_infinite(y);
  // y is infinite: the result is 0, 1 or ∞ by the side of 1 that |x| lies on.
  let rises = (abs(x) > 1.0) == (y > 0.0);
  value = select(value, select(select(0.0, infinity(), rises), 1.0, abs(x) == 1.0), certain);
  // |x| is 0 or ∞: the result is the other when y < 0.
  let edge = infinite || x == 0.0;
  let grows = (y > 0.0) == infinite;
  value = select(value, select(0.0, infinity(), grows), edge);
  let whole = certain || floor(y) == y;
  let half = y * 0.5;
  let odd = !certain && whole && floor(half) != half;
  value = select(value, times_sign_of(value, x), odd);
  let undefined_power = x < 0.0 && !infinite && !whole;
  value = select(value, not_a_number(), undefined_power || is_nan(x) || is_nan(y));
  return select(value, 1.0, y == 0.0 || x == 1.0);
}
