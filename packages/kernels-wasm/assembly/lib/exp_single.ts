/**
 * exp in f32 lanes, for softmax weights, where one ulp (the f64 way has half) is far below what a sum of weights rounds and speed counts:
 * four values in 12 instructions instead of 40. Coefficients: S. Moshier, Cephes expf; |r| ≤ ln 2 / 2, relative error 2^-23.4.
 */
import { hidden_zero, pin32 } from "./pin";
import { hsum, madd, nmadd } from "./simd";
import { high, low } from "./wide";

/** Below this e^x is subnormal; the result is 0 then. */
export const LEAST: f32 = -87.33;

/** s = e^(s − shift) for n (a multiple of 8) scores of at most shift + 88; NaN stays NaN, −Inf gives 0. Returns the sum. */
export function weigh_single(s: usize, n: i32, shift: f32): f64 {
  const zero = hidden_zero(n);
  const m = pin32(shift, zero);
  const least = pin32(LEAST, zero);
  const log2e = pin32(1.44269504, zero);
  // 1.5·2^23: added to a small f32 it leaves round(x) in the low bits.
  const rounder = pin32(12582912.0, zero);
  // ln 2 in two parts, of which the first has 9 significant bits, so that k·0.693359375 is exact.
  const ln2_hi = pin32(0.693359375, zero);
  const ln2_lo = pin32(-2.12194440e-4, zero);
  const c0 = pin32(1.9875691e-4, zero);
  const c1 = pin32(1.3981999e-3, zero);
  const c2 = pin32(8.3334519e-3, zero);
  const c3 = pin32(4.1665796e-2, zero);
  const c4 = pin32(1.6666665e-1, zero);
  const c5 = pin32(5.0000001e-1, zero);
  const one = pin32(1, zero);
  let a = v128.splat<f32>(0);
  let b = a;
  for (const end = s + (<usize>n << 2); s < end; s += 32) {
    const x = v128.sub<f32>(v128.load(s), m);
    const y = v128.sub<f32>(v128.load(s, 16), m);
    const e = exp_single(x, least, log2e, rounder, ln2_hi, ln2_lo, c0, c1, c2, c3, c4, c5, one);
    const f = exp_single(y, least, log2e, rounder, ln2_hi, ln2_lo, c0, c1, c2, c3, c4, c5, one);
    v128.store(s, e);
    v128.store(s, f, 16);
    a = v128.add<f32>(a, e);
    b = v128.add<f32>(b, f);
  }
  return hsum<f64>(v128.add<f64>(v128.add<f64>(low(a), high(a)), v128.add<f64>(low(b), high(b))));
}

/** e^x; the arguments after x are constants. */
// @ts-ignore: decorator
@inline
export function exp_single(
  x: v128, least: v128, log2e: v128, rounder: v128, ln2_hi: v128, ln2_lo: v128, c0: v128, c1: v128, c2: v128, c3: v128, c4: v128, c5: v128, one: v128,
): v128 {
  const bounded = v128.pmax<f32>(x, least);
  const count = madd<f32>(bounded, log2e, rounder);
  const k = v128.sub<f32>(count, rounder);
  const r = nmadd<f32>(k, ln2_lo, nmadd<f32>(k, ln2_hi, bounded));
  let p = madd<f32>(r, c0, c1);
  p = madd<f32>(p, r, c2);
  p = madd<f32>(p, r, c3);
  p = madd<f32>(p, r, c4);
  p = madd<f32>(p, r, c5);
  const y = v128.add<f32>(madd<f32>(v128.mul<f32>(r, r), p, r), one);
  return v128.andnot(v128.add<i32>(y, v128.shl<i32>(count, 23)), v128.lt<f32>(x, least));
}
