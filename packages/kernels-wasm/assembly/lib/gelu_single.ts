/**
 * x Φ(x) and its slope in f32 lanes, within 1.6 ulp of max(1, |y|), 3 of y where x > 0 (the left tail is that of 1 − Φ, as in PyTorch's ½ x (1 + erf(x/√2))),
 * at the rate of an exponential: GEMMs of transformers end in them. Φ(−a) = 1 / (1 + r(a))⁸ for all a ≥ 0, r a polynomial of degree 8 that never falls
 * (least maximum by Lawson's weights: 2.5e-8; the form is that of Abramowitz and Stegun 7.1.28). So no argument needs a bound: where the power overflows the
 * tail is 0, NaN stays NaN, and −∞ · 0 is NaN as there.
 */
import { C0, C1, C2, C3, C4, exp_single, LEAST, LN2_HI, LN2_LO, LOG2E, ROUNDER } from "./exp_single";
import { hidden_zero, pin32 } from "./pin";
import { madd, nmadd } from "./simd";

/** x Φ(x) of n elements (a multiple of 4). */
export function gelu_single(dst: usize, a: usize, n: i32): void {
  loop(false, dst, a, n);
}

/** Φ(x) + x φ(x). */
export function gelu_slope_single(dst: usize, a: usize, n: i32): void {
  loop(true, dst, a, n);
}

/** SLOPE is a literal. */
// @ts-ignore: decorator
@inline
function loop(SLOPE: bool, dst: usize, a: usize, n: i32): void {
  const zero = hidden_zero(n);
  const one = pin32(1, zero);
  const two = pin32(2, zero);
  const r0 = pin32(0.09050773084163666, zero);
  const r1 = pin32(0.10876208543777466, zero);
  const r2 = pin32(0.048818185925483704, zero);
  const r3 = pin32(0.009440302848815918, zero);
  const r4 = pin32(0.000968512031249702, zero);
  const r5 = pin32(0.00019843620248138905, zero);
  const r6 = pin32(7.431346602970734e-5, zero);
  const r7 = pin32(-1.1411712875997182e-5, zero);
  const r8 = pin32(2.6148115921387216e-6, zero);
  const minus_half = pin32(-0.5, zero);
  const least = pin32(LEAST, zero);
  const log2e = pin32(LOG2E, zero);
  const rounder = pin32(ROUNDER, zero);
  const ln2_hi = pin32(LN2_HI, zero);
  const ln2_lo = pin32(LN2_LO, zero);
  const c0 = pin32(C0, zero);
  const c1 = pin32(C1, zero);
  const c2 = pin32(C2, zero);
  const c3 = pin32(C3, zero);
  const c4 = pin32(C4, zero);
  const density = pin32(0.3989422804014327, zero);
  const end = <usize>n * 4;
  for (let i: usize = 0; i < end; i += 16) {
    const x = v128.load(a + i);
    const b = v128.abs<f32>(x);
    let r = madd<f32>(b, r8, r7);
    r = madd<f32>(r, b, r6);
    r = madd<f32>(r, b, r5);
    r = madd<f32>(r, b, r4);
    r = madd<f32>(r, b, r3);
    r = madd<f32>(r, b, r2);
    r = madd<f32>(r, b, r1);
    r = madd<f32>(r, b, r0);
    // (1 + r)² is 1 + r (r + 2).
    r = v128.mul<f32>(r, v128.add<f32>(r, two));
    r = v128.mul<f32>(r, v128.add<f32>(r, two));
    r = v128.mul<f32>(r, v128.add<f32>(r, two));
    const tail = v128.div<f32>(one, v128.add<f32>(r, one));
    if (!SLOPE) {
      const right = v128.mul<f32>(v128.pmax<f32>(x, zero), v128.sub<f32>(one, tail));
      v128.store(dst + i, madd<f32>(v128.pmin<f32>(x, zero), tail, right));
      continue;
    }
    const e = exp_single(v128.mul<f32>(v128.mul<f32>(b, b), minus_half), least, log2e, rounder, ln2_hi, ln2_lo, c0, c1, c2, c3, c4);
    // Of −|x|; that of |x| is 1 less it.
    const slope = nmadd<f32>(b, v128.mul<f32>(e, density), tail);
    v128.store(dst + i, v128.bitselect(slope, v128.sub<f32>(one, slope), v128.shr<i32>(x, 31)));
  }
}
