/**
 * log|Γ|, digamma and trigamma. Positive arguments below 8 are moved by the recurrence to where a series holds: for log|Γ| to [3/2, 5/2],
 * where lgamma(2 + w) = w G(w) keeps the zeros at 1 and 2 exact, for the others to 8 and beyond. Negative ones are reflected by −|x|, not
 * 1 − x, which would round. Between the poles the values pass through 0 by cancellation, so f32 results too take all of f64.
 * Coefficients: Remez.
 */
import { log_wide } from "./log";
import { madd } from "./simd";
import { cos_kernel, sin_kernel } from "./trig";
import { high, horner, k2, low, narrow, pick, sign_of } from "./wide";

const PI: f64 = 3.141592653589793;
/** ½ log 2π. */
const HALF_LOG_2PI: f64 = 0.9189385332046728;

/** lgamma(2 + w) / w on |w| ≤ 1/2: relative error 2^-60. */
// @ts-ignore: decorator
@inline
function centre_polynomial(w: v128): v128 {
  let p = horner(k2(-1.432870184811686e-07), w, 2.7849153068114704e-07);
  p = horner(p, w, -4.200518424334361e-07);
  p = horner(p, w, 9.203178125201433e-07);
  p = horner(p, w, -2.0497503463985306e-06);
  p = horner(p, w, 4.384588367360509e-06);
  p = horner(p, w, -9.43723769625586e-06);
  p = horner(p, w, 2.0505617719370885e-05);
  p = horner(p, w, -4.4926530995622556e-05);
  p = horner(p, w, 9.94576699886836e-05);
  p = horner(p, w, -0.0002231547351765923);
  p = horner(p, w, 0.0005096695156797469);
  p = horner(p, w, -0.0011927539127579016);
  p = horner(p, w, 0.0028905103310235707);
  p = horner(p, w, -0.00738555102864972);
  p = horner(p, w, 0.02058080842778057);
  p = horner(p, w, -0.06735230105319831);
  p = horner(p, w, 0.32246703342411326);
  return horner(p, w, 0.42278433509846713);
}

/** x (lgamma(x) − (x − ½) log x + x − ½ log 2π), z = 1/x², x ≥ 8: absolute error 2^-61. */
// @ts-ignore: decorator
@inline
function stirling_polynomial(z: v128): v128 {
  let p = horner(k2(0.005069255021070411), z, -0.001890540488800825);
  p = horner(p, z, 0.0008414728642121733);
  p = horner(p, z, -0.0005952366071310751);
  p = horner(p, z, 0.000793650789835842);
  p = horner(p, z, -0.002777777777774101);
  return horner(p, z, 0.08333333333333333);
}

/** x² (log x − 1/(2x) − ψ(x)), z = 1/x², x ≥ 8: absolute error of ψ 2^-65. */
// @ts-ignore: decorator
@inline
function digamma_polynomial(z: v128): v128 {
  let p = horner(k2(0.06153623751469492), z, -0.020588945485304704);
  p = horner(p, z, 0.007569476499846246);
  p = horner(p, z, -0.004166622953543491);
  p = horner(p, z, 0.003968253804324695);
  p = horner(p, z, -0.008333333333040727);
  return horner(p, z, 0.08333333333333316);
}

/** x² (x ψ′(x) − 1 − 1/(2x)), z = 1/x², x ≥ 8: relative error of ψ′ 2^-61. */
// @ts-ignore: decorator
@inline
function trigamma_polynomial(z: v128): v128 {
  let p = horner(k2(0.8269478414858669), z, -0.24533755502008556);
  p = horner(p, z, 0.07566112219975132);
  p = horner(p, z, -0.03333266411513527);
  p = horner(p, z, 0.023809521305218316);
  p = horner(p, z, -0.0333333333288706);
  return horner(p, z, 0.16666666666666397);
}

/** x less the nearest integer. */
// @ts-ignore: decorator
@inline
function to_integer(x: v128): v128 {
  return v128.sub<f64>(x, v128.nearest<f64>(x));
}

/** |sin(πr)|, |r| ≤ 1/2. */
// @ts-ignore: decorator
@inline
function sin_pi(r: v128): v128 {
  const a = v128.abs<f64>(r);
  const near = v128.le<f64>(a, k2(0.25));
  const angle = v128.mul<f64>(pick(near, a, v128.sub<f64>(k2(0.5), a)), k2(PI));
  return pick(near, sin_kernel<f64>(angle, k2(0.0)), cos_kernel<f64>(angle, k2(0.0)));
}

/** |cos(πr)|, |r| ≤ 1/2. */
// @ts-ignore: decorator
@inline
function cos_pi(r: v128): v128 {
  return sin_pi(v128.sub<f64>(k2(0.5), v128.abs<f64>(r)));
}

/** log Γ(x), x > 0. */
// @ts-ignore: decorator
@inline
function lgamma_positive(x: v128): v128 {
  const one = k2(1.0);
  const large = v128.ge<f64>(x, k2(8.0));
  const n = v128.nearest<f64>(v128.pmin<f64>(x, k2(8.0)));
  const w = v128.andnot(v128.sub<f64>(x, n), large);
  // Γ(x) = Γ(2 + w) (x − 1)(x − 2)…, or Γ(2 + w) / x / (x + 1)
  let up = one;
  for (let j = 1.0; j < 7.0; j++) up = v128.mul<f64>(up, pick(v128.ge<f64>(n, k2(j + 2.0)), v128.sub<f64>(x, k2(j)), one));
  const down = pick(v128.lt<f64>(n, one), v128.mul<f64>(x, v128.add<f64>(x, one)), pick(v128.lt<f64>(n, k2(2.0)), x, one));
  const below = v128.lt<f64>(n, k2(2.0));
  const logarithm = log_wide<f64>(pick(large, x, pick(below, down, up)));
  const shift = v128.xor(logarithm, v128.and(below, k2(-0.0)));
  const small = madd<f64>(w, centre_polynomial(w), shift);
  const inverse = v128.div<f64>(one, x);
  const series = v128.mul<f64>(inverse, stirling_polynomial(v128.mul<f64>(inverse, inverse)));
  // (x − ½)(log x − 1) + ½ log 2π − ½ + …: never overflows before the result does
  const main = v128.mul<f64>(v128.sub<f64>(x, k2(0.5)), v128.sub<f64>(logarithm, one));
  return pick(large, v128.add<f64>(main, v128.add<f64>(series, k2(HALF_LOG_2PI - 0.5))), small);
}

function lgamma_any(x: v128): v128 {
  const a = v128.abs<f64>(x);
  const value = lgamma_positive(a);
  const r = to_integer(a);
  const pole = v128.and(v128.le<f64>(x, k2(0.0)), v128.eq<f64>(r, k2(0.0)));
  const infinite = v128.or(v128.eq<f64>(a, k2(Infinity)), pole);
  // Γ(−a) Γ(a) = −π / (a sin πa); for tiny a the sum of logarithms is −log a.
  const product = v128.mul<f64>(a, sin_pi(r));
  const reflected = v128.sub<f64>(log_wide<f64>(v128.div<f64>(k2(PI), product)), value);
  const negative = v128.and(v128.lt<f64>(x, k2(0.0)), v128.gt<f64>(a, k2(1e-17)));
  return v128.bitselect(k2(Infinity), v128.bitselect(reflected, value, negative), infinite);
}

/** log |Γ(x)|: +Inf at 0, −1, −2, … and ±Inf. */
// @ts-ignore: decorator
@inline
export function lgamma_wide(x: v128): v128 {
  const usual = v128.and(v128.gt<f64>(x, k2(0.0)), v128.lt<f64>(x, k2(Infinity)));
  return v128.all_true<i64>(usual) ? lgamma_positive(x) : lgamma_any(x);
}

/** ψ(1 + x), x ≥ 0. */
// @ts-ignore: decorator
@inline
function digamma_next(x: v128): v128 {
  const one = k2(1.0);
  // 1/(x + 1) + … + 1/(x + m) as one fraction, until x + m ≥ 7
  let numerator = k2(0.0);
  let denominator = one;
  let y = v128.add<f64>(x, one);
  for (let j = 0; j < 7; j++) {
    const more = v128.lt<f64>(y, k2(8.0));
    numerator = pick(more, madd<f64>(numerator, y, denominator), numerator);
    denominator = v128.mul<f64>(denominator, pick(more, y, one));
    y = v128.add<f64>(y, v128.and(more, one));
  }
  const inverse = v128.div<f64>(one, y);
  const z = v128.mul<f64>(inverse, inverse);
  const series = madd<f64>(z, digamma_polynomial(z), v128.mul<f64>(inverse, k2(0.5)));
  return v128.sub<f64>(v128.sub<f64>(log_wide<f64>(y), series), v128.div<f64>(numerator, denominator));
}

function digamma_any(x: v128): v128 {
  const a = v128.abs<f64>(x);
  const next = digamma_next(a);
  // ψ(−a) = ψ(1 + a) + π cot πa
  const r = to_integer(a);
  const cotangent = v128.xor(v128.div<f64>(v128.mul<f64>(cos_pi(r), k2(PI)), sin_pi(r)), sign_of(r));
  const left = v128.bitselect(k2(NaN), v128.add<f64>(next, cotangent), v128.eq<f64>(r, k2(0.0)));
  const right = v128.sub<f64>(next, v128.div<f64>(k2(1.0), x));
  const zero = v128.eq<f64>(x, k2(0.0));
  const value = v128.bitselect(left, right, v128.andnot(v128.lt<f64>(x, k2(0.0)), zero));
  const infinite = v128.eq<f64>(x, k2(Infinity));
  return v128.bitselect(x, value, infinite);
}

/** ψ(x), the derivative of log Γ: ∓Inf at ±0, NaN at −1, −2, … and −Inf. */
// @ts-ignore: decorator
@inline
export function digamma_wide(x: v128): v128 {
  const usual = v128.and(v128.gt<f64>(x, k2(0.0)), v128.lt<f64>(x, k2(Infinity)));
  if (v128.all_true<i64>(usual)) return v128.sub<f64>(digamma_next(x), v128.div<f64>(k2(1.0), x));
  return digamma_any(x);
}

/** ψ′(1 + x), x ≥ 0. */
// @ts-ignore: decorator
@inline
function trigamma_next(x: v128): v128 {
  const one = k2(1.0);
  let numerator = k2(0.0);
  let denominator = one;
  let y = v128.add<f64>(x, one);
  for (let j = 0; j < 7; j++) {
    const more = v128.lt<f64>(y, k2(8.0));
    const square = v128.mul<f64>(y, y);
    numerator = pick(more, madd<f64>(numerator, square, denominator), numerator);
    denominator = v128.mul<f64>(denominator, pick(more, square, one));
    y = v128.add<f64>(y, v128.and(more, one));
  }
  const inverse = v128.div<f64>(one, y);
  const z = v128.mul<f64>(inverse, inverse);
  const bracket = madd<f64>(z, trigamma_polynomial(z), v128.mul<f64>(inverse, k2(0.5)));
  return v128.add<f64>(madd<f64>(inverse, bracket, inverse), v128.div<f64>(numerator, denominator));
}

function trigamma_any(x: v128): v128 {
  const a = v128.abs<f64>(x);
  const next = trigamma_next(a);
  // ψ′(−a) = π² / sin² πa − ψ′(1 + a)
  const ratio = v128.div<f64>(k2(PI), sin_pi(to_integer(a)));
  const left = v128.sub<f64>(v128.mul<f64>(ratio, ratio), next);
  const inverse = v128.div<f64>(k2(1.0), a);
  const right = madd<f64>(inverse, inverse, next);
  const value = v128.bitselect(left, right, v128.lt<f64>(x, k2(0.0)));
  const infinite = v128.eq<f64>(x, k2(Infinity));
  return v128.bitselect(k2(0.0), value, infinite);
}

/** ψ′(x): +Inf at 0, −1, −2, …, NaN at −Inf. */
// @ts-ignore: decorator
@inline
export function trigamma_wide(x: v128): v128 {
  const usual = v128.and(v128.gt<f64>(x, k2(0.0)), v128.lt<f64>(x, k2(Infinity)));
  if (!v128.all_true<i64>(usual)) return trigamma_any(x);
  const inverse = v128.div<f64>(k2(1.0), x);
  return madd<f64>(inverse, inverse, trigamma_next(x));
}

export function lgamma<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return lgamma_wide(x);
  return narrow(lgamma_wide(low(x)), lgamma_wide(high(x)));
}

export function digamma<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return digamma_wide(x);
  return narrow(digamma_wide(low(x)), digamma_wide(high(x)));
}

export function trigamma<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return trigamma_wide(x);
  return narrow(trigamma_wide(low(x)), trigamma_wide(high(x)));
}
