/**
 * Vector mathematics is done in f64x2 whatever the element type: f32 results come from two half vectors, which costs about 1.5 times the
 * instructions of a careful f32 version and leaves half an ulp of error with no compensation terms. Polynomials are shorter for f32.
 * `P` of the functions in lib/ named `…_wide<P>` is the precision wanted of the result; their vectors are f64x2 either way.
 */
import { madd } from "./simd";

/** Elements 0 and 1 of an f32x4, as f64x2. */
// @ts-ignore: decorator
@inline
export function low(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

/** Elements 2 and 3 of an f32x4, as f64x2. */
// @ts-ignore: decorator
@inline
export function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 0));
}

/** The f32x4 of two f64x2, rounded once. */
// @ts-ignore: decorator
@inline
export function narrow(lo: v128, hi: v128): v128 {
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(lo), f32x4.demote_f64x2_zero(hi), 0, 2);
}

/** mask ? yes : no, by lane; every lane of the mask is all ones or all zeros. */
// @ts-ignore: decorator
@inline
export function pick(mask: v128, yes: v128, no: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_laneselect<i8>(yes, no, mask);
  return v128.bitselect(yes, no, mask);
}

/** One step of Horner's rule in f64x2: p·x + c. */
// @ts-ignore: decorator
@inline
export function horner(p: v128, x: v128, c: f64): v128 {
  return madd<f64>(p, x, v128.splat<f64>(c));
}

/** A constant in both lanes. */
// @ts-ignore: decorator
@inline
export function k2(x: f64): v128 {
  return v128.splat<f64>(x);
}

/** The sign bit of each f64 lane. */
// @ts-ignore: decorator
@inline
export function sign_of(x: v128): v128 {
  return v128.and(x, v128.splat<f64>(-0.0));
}

/** y, but NaN where the f32 x is −Inf: what −Inf · 0 gives, where clamping left the 0 a tiny number. */
// @ts-ignore: decorator
@inline
export function spoil_lowest(x: v128, y: v128): v128 {
  return v128.or(y, v128.eq<f32>(x, v128.splat<f32>(<f32>-Infinity)));
}
