// e^x = 2^k e^r, k = round(x / ln 2), |r| ≤ ln 2 / 2 (W. J. Cody and W. Waite): WGSL's own exp is allowed 3 + 2|x| ulp.
// Coefficients: Remez.
//! use rounded special
// ln 2 in two parts, of which the first has 15 bits, so that k LN2_HI is exact.
const LN2_HI = 0.693145751953125;
const LN2_LO = 1.428606765330187e-6;
const LOG2_E = 1.4426950408889634;
// 1.5 · 2^23: a number added to it is rounded to a whole one, which stands in the last bits.
const TO_WHOLE = 12582912.0;
// Logarithms of the least normal number, and of what is above every number.
const LEAST_EXPONENT = -87.33654;
const LARGEST_EXPONENT = 88.72284;

// 2^i, −126 ≤ i ≤ 127.
fn power_of_two(i: i32) -> f32 {
  return bitcast<f32>(u32(i + 127) << 23u);
}

// e^(x + low), low a correction far below 1: 0 where the result is below every normal number, infinite where it is above.
fn exp_sum(x: f32, low: f32) -> f32 {
  let whole = rounded(x * LOG2_E + TO_WHOLE);
  let k = whole - TO_WHOLE;
  let r = rounded(x - rounded(k * LN2_HI)) - (k * LN2_LO - low);
  // (e^r − 1 − r) / r²: relative error of e^r 2^-28
  var q = 0.001384700764901936 * r + 0.008369989693164825;
  q = q * r + 0.041668009012937546;
  q = q * r + 0.16666509211063385;
  q = q * r + 0.4999999403953552;
  let y = 1.0 + (r + r * r * q);
  let scaled = bitcast<f32>(bitcast<u32>(y) + (bitcast<u32>(whole) << 23u));
  return select(select(select(scaled, 0.0, x < LEAST_EXPONENT), infinity(), x > LARGEST_EXPONENT), x, is_nan(x));
}

fn exp_own(x: f32) -> f32 {
  return exp_sum(x, 0.0);
}
