/** Complex numbers as neighbouring pairs (re, im): two to a vector in f32, one in f64. */
import { madd } from "../lib/simd";

/** Complex numbers in a vector. */
// @ts-ignore: decorator
@inline
export function width<T>(): i32 {
  return <i32>(8 / sizeof<T>());
}

/** The numbers at p; of f32 the second only where `left` > 1. */
// @ts-ignore: decorator
@inline
export function load_complex<T>(p: usize, left: i32): v128 {
  if (sizeof<T>() == 4 && left < 2) return v128.load64_zero(p);
  return v128.load(p);
}

// @ts-ignore: decorator
@inline
export function store_complex<T>(p: usize, v: v128, left: i32): void {
  if (sizeof<T>() == 4 && left < 2) v128.store_lane<i64>(p, v, 0);
  else v128.store(p, v);
}

/** re and im exchanged. */
// @ts-ignore: decorator
@inline
export function exchanged<T>(v: v128): v128 {
  return sizeof<T>() == 4 ? v128.shuffle<i32>(v, v, 1, 0, 3, 2) : v128.shuffle<i64>(v, v, 1, 0);
}

/** The sign bit of every im. */
// @ts-ignore: decorator
@inline
export function im_signs<T>(): v128 {
  return sizeof<T>() == 4 ? f32x4(0, -0.0, 0, -0.0) : f64x2(0, -0.0);
}

/** The sign bit of every re. */
// @ts-ignore: decorator
@inline
export function re_signs<T>(): v128 {
  return sizeof<T>() == 4 ? f32x4(-0.0, 0, -0.0, 0) : f64x2(-0.0, 0);
}

/** v · (−i). */
// @ts-ignore: decorator
@inline
export function turned<T>(v: v128): v128 {
  return v128.xor(exchanged<T>(v), im_signs<T>());
}

/** v · w, all numbers of a vector by the same factor: re w in all lanes, and (−im w, im w, …). */
// @ts-ignore: decorator
@inline
export function times<T>(v: v128, re: v128, im: v128): v128 {
  return madd<T>(exchanged<T>(v), im, v128.mul<T>(v, re));
}

/** What `times` wants of the number at p. */
// @ts-ignore: decorator
@inline
export function re_factor<T>(p: usize): v128 {
  return v128.splat<T>(load<T>(p));
}

// @ts-ignore: decorator
@inline
export function im_factor<T>(p: usize): v128 {
  return v128.xor(v128.splat<T>(load<T>(p, sizeof<T>())), re_signs<T>());
}

/** v · w, number by number. */
// @ts-ignore: decorator
@inline
export function product<T>(v: v128, w: v128): v128 {
  const re = sizeof<T>() == 4 ? v128.shuffle<i32>(w, w, 0, 0, 2, 2) : v128.shuffle<i64>(w, w, 0, 0);
  const im = sizeof<T>() == 4 ? v128.shuffle<i32>(w, w, 1, 1, 3, 3) : v128.shuffle<i64>(w, w, 1, 1);
  return times<T>(v, re, v128.xor(im, re_signs<T>()));
}
