/**
 * log: x = 2^k m, m in [√½, √2), f = m − 1 (exact), s = f / (2 + f), log(1 + f) = f − f²/2 + s (f²/2 + z Q(z)), z = s²
 * (the arrangement of fdlibm's e_log.c, whose error is below 1 ulp). Coefficients: Remez on the interval of z.
 */
import { madd, nmadd } from "./simd";
import { LN2_HI, LN2_LO } from "./exp";
import { high, horner, k2, low, narrow } from "./wide";

/** 1.0 less √½, as bits: carries the mantissa's upper half into the next exponent. */
export const TO_SQRT_HALF: u64 = 0x3ff0000000000000 - 0x3fe6a09e667f3bcd;

/** k of x = 2^k m as a double; x a positive normal number. */
// @ts-ignore: decorator
@inline
export function log_exponent(x: v128): v128 {
  const biased = v128.shr<u64>(v128.add<i64>(x, v128.splat<i64>(TO_SQRT_HALF)), 52);
  return v128.sub<f64>(v128.or(biased, k2(4503599627370496.0)), k2(4503599627371519.0)); // 2^52 and 2^52 + 1023
}

/** m of x = 2^k m; x a positive normal number. */
// @ts-ignore: decorator
@inline
export function log_mantissa(x: v128): v128 {
  const shifted = v128.add<i64>(x, v128.splat<i64>(TO_SQRT_HALF));
  return v128.add<i64>(v128.and(shifted, v128.splat<i64>(0x000fffffffffffff)), v128.splat<i64>(0x3fe6a09e667f3bcd));
}

/** (log((1 + s)/(1 − s))/s − 2) / z, z = s²: relative error of the logarithm 2^-38 for f32, 2^-59 for f64. */
// @ts-ignore: decorator
@inline
function log_polynomial<P>(z: v128): v128 {
  if (sizeof<P>() == 4) {
    let q = horner(k2(0.23581618627533787), z, 0.28537339706344567);
    q = horner(q, z, 0.4000033464066983);
    return horner(q, z, 0.6666666564822318);
  }
  let q = horner(k2(0.14795634090042487), z, 0.15314083806595405);
  q = horner(q, z, 0.18183562957592078);
  q = horner(q, z, 0.22222198600860205);
  q = horner(q, z, 0.2857142874210496);
  q = horner(q, z, 0.39999999999416);
  return horner(q, z, 0.6666666666666734);
}

/** k ln 2 + log(1 + f) + c, c a correction far below f. */
// @ts-ignore: decorator
@inline
export function log_combine<P>(k: v128, f: v128, c: v128): v128 {
  const s = v128.div<f64>(f, v128.add<f64>(f, k2(2.0)));
  const z = v128.mul<f64>(s, s);
  if (sizeof<P>() == 4) {
    const log1 = v128.mul<f64>(s, madd<f64>(z, log_polynomial<f32>(z), k2(2.0)));
    return madd<f64>(k, k2(0.6931471805599453), v128.add<f64>(log1, c));
  }
  const half = v128.mul<f64>(v128.mul<f64>(f, f), k2(0.5));
  const tail = madd<f64>(k, k2(LN2_LO), c);
  const rest = madd<f64>(s, v128.add<f64>(half, v128.mul<f64>(z, log_polynomial<f64>(z))), tail);
  const minor = v128.add<f64>(v128.sub<f64>(rest, half), f);
  return madd<f64>(k, k2(LN2_HI), minor);
}

/** log of positive normal numbers. */
// @ts-ignore: decorator
@inline
export function log_usual<P>(x: v128): v128 {
  return log_combine<P>(log_exponent(x), v128.sub<f64>(log_mantissa(x), k2(1.0)), k2(0.0));
}

/** log of anything: subnormals scaled by 2^54, −Inf at ±0, NaN below. */
function log_any<P>(x: v128): v128 {
  const tiny = v128.lt<f64>(x, k2(2.2250738585072014e-308));
  const scaled = v128.bitselect(v128.mul<f64>(x, k2(18014398509481984.0)), x, tiny);
  const k = v128.sub<f64>(log_exponent(scaled), v128.and(tiny, k2(54.0)));
  const y = log_combine<P>(k, v128.sub<f64>(log_mantissa(scaled), k2(1.0)), k2(0.0));
  const usual = v128.and(v128.gt<f64>(x, k2(0.0)), v128.lt<f64>(x, k2(Infinity)));
  const zero = v128.eq<f64>(x, k2(0.0));
  const special = v128.bitselect(k2(-Infinity), v128.bitselect(k2(NaN), x, v128.lt<f64>(x, k2(0.0))), zero);
  return v128.bitselect(y, special, usual);
}

/** Natural logarithm of f64x2 to precision P. For P = f32 the lanes are f32 numbers, or at least no f64 subnormals. */
// @ts-ignore: decorator
@inline
export function log_wide<P>(x: v128): v128 {
  const usual = v128.and(v128.ge<f64>(x, k2(2.2250738585072014e-308)), v128.lt<f64>(x, k2(Infinity)));
  return v128.all_true<i64>(usual) ? log_usual<P>(x) : log_any<P>(x);
}

/** Natural logarithm by lane, T = f32 or f64. */
export function log<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return log_wide<f64>(x);
  const usual = v128.and(v128.gt<f32>(x, v128.splat<f32>(0)), v128.lt<f32>(x, v128.splat<f32>(<f32>Infinity)));
  if (v128.all_true<i32>(usual)) return narrow(log_usual<f32>(low(x)), log_usual<f32>(high(x)));
  return narrow(log_any<f32>(low(x)), log_any<f32>(high(x)));
}
