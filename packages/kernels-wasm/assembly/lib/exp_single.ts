/**
 * exp in f32 lanes, for softmax weights, where one ulp (the f64 way has half) is far below what a sum of weights rounds and speed counts:
 * four values in 12 instructions instead of 40. Coefficients: S. Moshier, Cephes expf; |r| ≤ ln 2 / 2, relative error 2^-23.4.
 */
import { madd, nmadd } from "./simd";

/** Below this e^x is subnormal; the result is 0 then. */
const LEAST: f32 = -87.33;
/** 1.5·2^23: added to a small f32 it leaves round(x) in the low bits. */
const ROUNDER: f32 = 12582912.0;

/** e^x of each lane for x ≤ 88; NaN stays NaN, −Inf gives 0. */
// @ts-ignore: decorator
@inline
export function exp_single(x: v128): v128 {
  const bounded = v128.pmax<f32>(x, v128.splat<f32>(LEAST));
  const count = madd<f32>(bounded, v128.splat<f32>(1.44269504), v128.splat<f32>(ROUNDER));
  const k = v128.sub<f32>(count, v128.splat<f32>(ROUNDER));
  // ln 2 in two parts, of which the first has 9 significant bits, so that k·0.693359375 is exact.
  const r = nmadd<f32>(k, v128.splat<f32>(-2.12194440e-4), nmadd<f32>(k, v128.splat<f32>(0.693359375), bounded));
  let p = madd<f32>(r, v128.splat<f32>(1.9875691e-4), v128.splat<f32>(1.3981999e-3));
  p = madd<f32>(p, r, v128.splat<f32>(8.3334519e-3));
  p = madd<f32>(p, r, v128.splat<f32>(4.1665796e-2));
  p = madd<f32>(p, r, v128.splat<f32>(1.6666665e-1));
  p = madd<f32>(p, r, v128.splat<f32>(5.0000001e-1));
  const y = v128.add<f32>(madd<f32>(v128.mul<f32>(r, r), p, r), v128.splat<f32>(1));
  const scaled = v128.add<i32>(y, v128.shl<i32>(count, 23));
  return v128.andnot(scaled, v128.lt<f32>(x, v128.splat<f32>(LEAST)));
}
