/**
 * exp and its parts. exp(x) = 2^k (1 + (h + t)), k = round(x / ln 2), h = x − k·ln2_hi exactly, and t holds the rest:
 * kept apart, h + t serve expm1, sinh and tanh without cancellation. Coefficients: Remez on |r| ≤ ln 2 / 2.
 */
import { madd, nmadd } from "./simd";
import { horner, k2 } from "./wide";

const LOG2E: f64 = 1.4426950408889634;
/** ln 2 in two parts, of which the first has 21 trailing zeros (W. J. Cody and W. Waite), so that k·LN2_HI is exact. */
export const LN2_HI: f64 = 6.93147180369123816490e-1;
export const LN2_LO: f64 = 1.90821492927058770002e-10;
/** 1.5·2^52: added to a small double it leaves round(x) in the low bits. */
export const ROUNDER: f64 = 6755399441055744.0;

/** ROUNDER + round(x / ln 2): as a double less ROUNDER, and in its low bits, it is k. */
// @ts-ignore: decorator
@inline
export function exp_count(x: v128): v128 {
  return madd<f64>(x, k2(LOG2E), k2(ROUNDER));
}

/** (e^r − 1 − r) / r²: relative error of e^r 2^-34 for f32, 2^-58 for f64. */
// @ts-ignore: decorator
@inline
export function exp_polynomial<P>(r: v128): v128 {
  if (sizeof<P>() == 4) {
    let p = horner(k2(0.00019790359937469387), r, 0.001394465970397555);
    p = horner(p, r, 0.008333497041269634);
    p = horner(p, r, 0.04166629494768501);
    p = horner(p, r, 0.1666666586907851);
    return horner(p, r, 0.500000006768109);
  }
  let p = horner(k2(2.0826613866720846e-09), r, 2.5112036685299423e-08);
  p = horner(p, r, 2.7557581886726407e-07);
  p = horner(p, r, 2.7557234862374246e-06);
  p = horner(p, r, 2.4801586926596194e-05);
  p = horner(p, r, 0.00019841269896383367);
  p = horner(p, r, 0.0013888888889115642);
  p = horner(p, r, 0.008333333333317034);
  p = horner(p, r, 0.041666666666666095);
  p = horner(p, r, 0.16666666666666682);
  return horner(p, r, 0.5);
}

/** 2^k y where neither it nor y is subnormal, infinite or NaN: k goes straight into the exponent. */
// @ts-ignore: decorator
@inline
export function scale_by_count(y: v128, count: v128): v128 {
  return v128.add<i64>(y, v128.shl<i64>(count, 52));
}

// @ts-ignore: decorator
@inline
export function exp_wide<P>(x: v128): v128 {
  if (sizeof<P>() == 4) {
    // 2^±288 is beyond every f32, and within f64, so the narrowing alone overflows and underflows.
    const clamped = v128.pmax<f64>(v128.pmin<f64>(x, k2(200.0)), k2(-200.0));
    const count = exp_count(clamped);
    const k = v128.sub<f64>(count, k2(ROUNDER));
    const r = nmadd<f64>(k, k2(0.6931471805599453), clamped);
    const y = horner(horner(exp_polynomial<f32>(r), r, 1.0), r, 1.0);
    return scale_by_count(y, count);
  }
  if (!v128.all_true<i64>(v128.le<f64>(v128.abs<f64>(x), k2(708.0)))) return exp_extreme(x, k2(0.0));
  const count = exp_count(x);
  return scale_by_count(exp_mantissa(x, k2(0.0), count), count);
}

/** e^(x + c) / 2^k to f64, c a correction far below 1: its first word, or what rounding took from it. */
// @ts-ignore: decorator
@inline
function mantissa_words(x: v128, c: v128, count: v128, second: bool): v128 {
  const k = v128.sub<f64>(count, k2(ROUNDER));
  const h = nmadd<f64>(k, k2(LN2_HI), x);
  const l = v128.sub<f64>(v128.mul<f64>(k, k2(LN2_LO)), c);
  const r = v128.sub<f64>(h, l);
  const t = v128.sub<f64>(v128.mul<f64>(v128.mul<f64>(r, r), exp_polynomial<f64>(r)), l);
  const s = v128.add<f64>(k2(1.0), h);
  const rest = v128.add<f64>(v128.add<f64>(v128.sub<f64>(k2(1.0), s), h), t);
  const y = v128.add<f64>(s, rest);
  return second ? v128.add<f64>(v128.sub<f64>(s, y), rest) : y;
}

/** e^(x + c) / 2^k to f64. */
// @ts-ignore: decorator
@inline
export function exp_mantissa(x: v128, c: v128, count: v128): v128 {
  return mantissa_words(x, c, count, false);
}

/** What exp_mantissa rounded off. */
// @ts-ignore: decorator
@inline
export function exp_mantissa_rest(x: v128, c: v128, count: v128): v128 {
  return mantissa_words(x, c, count, true);
}

/** 2^k y, however small or large the result, in two steps, of which the last rounds; by products, which keep NaN. */
// @ts-ignore: decorator
@inline
export function scale_extreme(y: v128, count: v128): v128 {
  const negative = v128.lt<f64>(count, k2(ROUNDER));
  const shift = v128.bitselect(v128.splat<i64>(600), v128.splat<i64>(-600), negative);
  const factor = v128.bitselect(k2(2.409919865102884e-181), k2(4.149515568880993e180), negative); // 2^∓600
  return v128.mul<f64>(v128.mul<f64>(y, scale_by_count(k2(1.0), v128.add<i64>(count, shift))), factor);
}

/** e^(x + c) in f64 where some lane may overflow or give a subnormal, or is NaN. */
export function exp_extreme(x: v128, c: v128): v128 {
  const clamped = v128.pmax<f64>(v128.pmin<f64>(x, k2(710.0)), k2(-746.0));
  const count = exp_count(clamped);
  return scale_extreme(exp_mantissa(clamped, v128.and(c, v128.eq<f64>(clamped, x)), count), count);
}
