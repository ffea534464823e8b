// e^x − 1 without cancellation: 2^k (e^r − 1) + (2^k − 1), and k = 0 for all |x| < 1/2. Coefficients: Remez.
//! use exp rounded special
fn expm1_own(x: f32) -> f32 {
  let bounded = clamp(x, -18.0, 89.0); // below −18 it is −1
  let k = select(round(bounded * LOG2_E), 0.0, abs(x) < 0.5);
  let r = select(rounded(bounded - rounded(k * LN2_HI)) - k * LN2_LO, x, k == 0.0);
  // (e^r − 1 − r) / r²: relative error of e^r − 1 on |r| ≤ 1/2 2^-32
  var q = 2.4854451112332754e-5 * r + 0.00019966055697295815;
  q = q * r + 0.0013889033580198884;
  q = q * r + 0.008333172649145126;
  q = q * r + 0.0416666641831398;
  q = q * r + 0.1666666716337204;
  q = q * r + 0.5;
  let p = r + r * r * q;
  // In halves, because 2^k may be infinite where the result is not.
  let half = power_of_two(i32(k) - 1);
  let y = select(2.0 * (half * p + (half - 0.5)), p, k == 0.0);
  return select(with_sign_of(y, x), x, is_nan(x));
}
