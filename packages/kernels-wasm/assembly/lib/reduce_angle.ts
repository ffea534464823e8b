/**
 * Arguments of sin, cos and tan modulo π/2: Cody and Waite in three parts up to 2^20 quarter turns, beyond that Payne and Hanek
 * ("Radian reduction for trigonometric functions", 1983) by lane in integers. Without data segments the bits of 2/π come from a switch.
 */
import { ROUNDER } from "./exp";
import { nmadd } from "./simd";
import { k2 } from "./wide";

/** Largest |x| whose count of quarter turns times PIO2_1 is exact. */
export const REDUCE_LIMIT: f64 = 1647099.0;
const TWO_OVER_PI: f64 = 0.6366197723675814;
/** π/2 in parts of 33 bits, and what each prefix leaves. */
const PIO2_1: f64 = 1.57079632673412561417e0;
const PIO2_1_REST: f64 = 6.07710050650619224932e-11;
const PIO2_2: f64 = 6.0771005063039659766e-11;
const PIO2_3: f64 = 2.0222662487111664558e-21;
const PIO2_3_REST: f64 = 8.47842766036889956997e-32;

/** ROUNDER + the count of quarter turns nearest to x, |x| ≤ REDUCE_LIMIT. */
// @ts-ignore: decorator
@inline
export function turn_count(x: v128): v128 {
  return v128.add<f64>(v128.mul<f64>(x, k2(TWO_OVER_PI)), k2(ROUNDER));
}

/** x less its quarter turns, to 2^-66 absolute. */
// @ts-ignore: decorator
@inline
export function reduce_short(x: v128, count: v128): v128 {
  const n = v128.sub<f64>(count, k2(ROUNDER));
  return nmadd<f64>(n, k2(PIO2_1_REST), nmadd<f64>(n, k2(PIO2_1), x));
}

/** a − b − (what rounding a − b lost): the second word of the difference (D. Knuth). */
// @ts-ignore: decorator
@inline
function difference_error(a: v128, b: v128, d: v128): v128 {
  const v = v128.sub<f64>(d, a);
  return v128.sub<f64>(v128.sub<f64>(a, v128.sub<f64>(d, v)), v128.add<f64>(b, v));
}

/** First word of x less its quarter turns. */
// @ts-ignore: decorator
@inline
export function reduce_high(x: v128, count: v128): v128 {
  return reduce_words(x, count, false);
}

/** Second word of x less its quarter turns. */
// @ts-ignore: decorator
@inline
export function reduce_low(x: v128, count: v128): v128 {
  return reduce_words(x, count, true);
}

// @ts-ignore: decorator
@inline
function reduce_words(x: v128, count: v128, second: bool): v128 {
  const n = v128.sub<f64>(count, k2(ROUNDER));
  const a = nmadd<f64>(n, k2(PIO2_1), x); // exact
  const b = v128.mul<f64>(n, k2(PIO2_2)); // exact
  const d = v128.sub<f64>(a, b);
  const c = v128.mul<f64>(n, k2(PIO2_3)); // exact
  const e = v128.sub<f64>(d, c);
  const errors = v128.add<f64>(difference_error(a, b, d), difference_error(d, c, e));
  const rest = nmadd<f64>(n, k2(PIO2_3_REST), errors);
  const high = v128.add<f64>(e, rest);
  return second ? v128.add<f64>(v128.sub<f64>(e, high), rest) : high;
}

/** Bits 64(i − 1) … 64i − 1 of the fraction 2/π; zeros before. */
function two_over_pi(i: i32): u64 {
  switch (i) {
    case 1:
      return 0xa2f9836e4e441529;
    case 2:
      return 0xfc2757d1f534ddc0;
    case 3:
      return 0xdb6295993c439041;
    case 4:
      return 0xfe5163abdebbc561;
    case 5:
      return 0xb7246e3a424dd2e0;
    case 6:
      return 0x6492eea09d1921c;
    case 7:
      return 0xfe1deb1cb129a73e;
    case 8:
      return 0xe88235f52ebb4484;
    case 9:
      return 0xe99c7026b45f7e41;
    case 10:
      return 0x3991d639835339f4;
    case 11:
      return 0x9c845f8bbdf9283b;
    case 12:
      return 0x1ff897ffde05980f;
    case 13:
      return 0xef2f118b5a0a6d1f;
    case 14:
      return 0x6d367ecf27cb09b7;
    case 15:
      return 0x4f463f669e5fea2d;
    case 16:
      return 0x7527bac7ebe5f17b;
    case 17:
      return 0x3d0739f78a5292ea;
    case 18:
      return 0x6bfb5fb11f8d5d08;
    case 19:
      return 0x56033046fc7b6bab;
    case 20:
      return 0xf0cfbc209af4361d;
    default:
      return 0;
  }
}

/** Upper half of the 128-bit product. */
function mul_high(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff;
  const a1 = a >> 32;
  const b0 = b & 0xffffffff;
  const b1 = b >> 32;
  const mid = a1 * b0 + ((a0 * b0) >> 32);
  const cross = a0 * b1 + (mid & 0xffffffff);
  return a1 * b1 + (mid >> 32) + (cross >> 32);
}

/**
 * x ≥ 2^20 less its quarter turns as two words (hi, lo); the count modulo 4 stands in the two lowest bits of lo.
 * 190 fraction bits of x · 2/π, of which at most 62 cancel (Muller, Elementary Functions, on doubles).
 */
export function reduce_huge(x: f64): v128 {
  const bits = reinterpret<u64>(x);
  const exponent = <i32>((bits >> 52) & 0x7ff) - 1075; // x = ± mantissa · 2^exponent
  if (exponent == 972) return v128.splat<f64>(NaN);
  const mantissa = (bits & 0x000fffffffffffff) | 0x0010000000000000;
  const offset = exponent + 62; // first bit whose product is below 4, counted from 64 zeros before the point
  const word = offset >> 6;
  const shift = <u64>(offset & 63);
  let w0 = two_over_pi(word);
  let w1 = two_over_pi(word + 1);
  let w2 = two_over_pi(word + 2);
  if (shift != 0) {
    const w3 = two_over_pi(word + 3);
    w0 = (w0 << shift) | (w1 >> (64 - shift));
    w1 = (w1 << shift) | (w2 >> (64 - shift));
    w2 = (w2 << shift) | (w3 >> (64 - shift));
  }
  const r2 = mantissa * w2;
  const low1 = mantissa * w1;
  const r1 = low1 + mul_high(mantissa, w2);
  const r0 = mantissa * w0 + mul_high(mantissa, w1) + <u64>(r1 < low1);
  let high = (r0 << 2) | (r1 >> 62); // fraction of a quarter turn, 128 bits
  let rest = (r1 << 2) | (r2 >> 62);
  let n = r0 >> 62;
  let negative = false;
  if (<i64>high < 0) {
    n += 1;
    negative = true;
    high = ~high + <u64>(rest == 0);
    rest = 0 - rest;
  }
  let zeros = clz<u64>(high);
  if (zeros == 64) {
    zeros += clz<u64>(rest | 1);
    high = rest << (zeros & 63);
    rest = 0;
  } else if (zeros != 0) {
    high = (high << zeros) | (rest >> (64 - zeros));
    rest <<= zeros;
  }
  const scale = reinterpret<f64>((1023 - 64 - zeros) << 52);
  const turn_hi = <f64>(high & 0xfffffffffffff800); // exact: 53 bits
  const turn_lo = <f64>(high & 0x7ff) + <f64>rest * 5.421010862427522e-20; // 2^-64
  const hi = turn_hi * 1.5707963267948966;
  const t1 = reinterpret<f64>(reinterpret<u64>(turn_hi) & 0xfffffffff8000000);
  const t2 = turn_hi - t1;
  const p1: f64 = 1.5707963109016418; // upper 26 bits of π/2
  const p2: f64 = 1.5893254712295857e-8;
  const error = t1 * p1 - hi + t1 * p2 + t2 * p1 + t2 * p2;
  const lo = error + (turn_hi * 6.123233995736766e-17 + turn_lo * 1.5707963267948966);
  const sign = negative ? -scale : scale;
  const tagged = (reinterpret<u64>(lo * sign) & ~(<u64>3)) | (n & 3);
  return v128.replace_lane<u64>(v128.splat<f64>(hi * sign), 1, tagged);
}
