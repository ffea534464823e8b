/** 128-bit vectors generic over f32 and f64: what AssemblyScript's own generics (`v128.add<T>`, …) leave out. */

// @ts-ignore: decorator
@inline
export function lanes<T>(): i32 {
  return <i32>(16 / sizeof<T>());
}

// @ts-ignore: decorator
@inline
export function splat<T>(x: T): v128 {
  return v128.splat<T>(x);
}

/** All lanes = the element at p. */
// @ts-ignore: decorator
@inline
export function load_splat<T>(p: usize): v128 {
  if (sizeof<T>() == 4) return v128.load32_splat(p);
  return v128.load64_splat(p);
}

/** a·b + c: fused where the build has relaxed SIMD, rounded twice otherwise. */
// @ts-ignore: decorator
@inline
export function madd<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  return v128.add<T>(v128.mul<T>(a, b), c);
}

/** c − a·b, with the rounding of madd. */
// @ts-ignore: decorator
@inline
export function nmadd<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_nmadd<T>(a, b, c);
  return v128.sub<T>(c, v128.mul<T>(a, b));
}

/** Sum of the lanes, in a fixed order: (0 + 2) + (1 + 3) for f32. */
// @ts-ignore: decorator
@inline
export function hsum<T>(v: v128): T {
  if (sizeof<T>() == 4) {
    const pair = f32x4.add(v, v128.shuffle<i64>(v, v, 1, 0));
    return <T>(f32x4.extract_lane(pair, 0) + f32x4.extract_lane(pair, 1));
  }
  return <T>(f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1));
}

/** The first n (0..lanes) elements at p, zeros beyond; reads nothing past them. */
// @ts-ignore: decorator
@inline
export function load_partial<T>(p: usize, n: i32): v128 {
  if (sizeof<T>() == 4) {
    if (n >= 4) return v128.load(p);
    if (n <= 0) return v128.splat<i32>(0);
    if (n == 1) return v128.load32_zero(p);
    const two = v128.load64_zero(p);
    return n == 2 ? two : v128.load_lane<i32>(p, two, 2, 8);
  }
  if (n >= 2) return v128.load(p);
  return n <= 0 ? v128.splat<i32>(0) : v128.load64_zero(p);
}

/** Stores the first n (0..lanes) lanes at p and touches nothing beyond. */
// @ts-ignore: decorator
@inline
export function store_partial<T>(p: usize, v: v128, n: i32): void {
  if (n >= lanes<T>()) {
    v128.store(p, v);
  } else if (sizeof<T>() == 4) {
    if (n == 1) {
      v128.store_lane<i32>(p, v, 0);
    } else if (n >= 2) {
      v128.store_lane<i64>(p, v, 0);
      if (n == 3) v128.store_lane<i32>(p, v, 2, 8);
    }
  } else if (n == 1) {
    v128.store_lane<i64>(p, v, 0);
  }
}
