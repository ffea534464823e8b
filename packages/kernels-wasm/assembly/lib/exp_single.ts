/**
 * exp in f32 lanes, for softmax and its kin, where one ulp (the f64 way of exp_strip.ts has half) is far below what the rest rounds and speed counts: four
 * values in 13 instructions instead of 40. e^r = 1 + r + r² P(r) for |r| ≤ ln 2 / 2, P of degree 4 (least maximum by Lawson's weights: 2^-28.3); 1.02 ulp over
 * the whole range.
 */
import { madd, nmadd } from "./simd";

/** Here the power of two is that of the exponent 0, which stands for none: from −87.68 on e^x is 0, NaN is kept, and no lane needs a mask. */
export const LEAST: f32 = -88;
/** 1.5·2^23: added to a small f32 it leaves round(x) in the low bits; 127 more is the exponent of 1. */
export const ROUNDER: f32 = 12583039.0;
/** ln 2 in two parts, of which the first has 9 significant bits, so that k·LN2_HI is exact. */
export const LN2_HI: f32 = 0.693359375;
export const LN2_LO: f32 = -2.12194440e-4;
export const LOG2E: f32 = 1.44269504;
export const C0: f32 = 1.38145e-3;
export const C1: f32 = 8.36875e-3;
export const C2: f32 = 4.166839e-2;
export const C3: f32 = 1.666652e-1;
export const C4: f32 = 4.9999993e-1;

/** e^x for x of at most 88; the arguments after x are constants. */
// @ts-ignore: decorator
@inline
export function exp_single(
  x: v128, least: v128, log2e: v128, rounder: v128, ln2_hi: v128, ln2_lo: v128, c0: v128, c1: v128, c2: v128, c3: v128, c4: v128,
): v128 {
  const bounded = v128.pmax<f32>(x, least);
  const count = madd<f32>(bounded, log2e, rounder);
  const k = v128.sub<f32>(count, rounder);
  const r = nmadd<f32>(k, ln2_lo, nmadd<f32>(k, ln2_hi, bounded));
  let p = madd<f32>(r, c0, c1);
  p = madd<f32>(p, r, c2);
  p = madd<f32>(p, r, c3);
  p = madd<f32>(p, r, c4);
  const power = v128.shl<i32>(count, 23);
  return madd<f32>(madd<f32>(v128.mul<f32>(r, r), p, r), power, power);
}
