/** Sums of squares in f64, for norms of long f32 arrays. */
import { lanes, load_partial } from "./simd";
import { high, low } from "./wide";

/** The squares of x's lanes, added up to two f64 lanes. */
// @ts-ignore: decorator
@inline
export function squares<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return v128.mul<f64>(x, x);
  const a = low(x);
  const b = high(x);
  return v128.add<f64>(v128.mul<f64>(a, a), v128.mul<f64>(b, b));
}

/** Sum of the squares of n elements. */
export function sum_of_squares<T>(from: usize, n: i32): f64 {
  // Four chains: an addition takes four cycles, and memory brings 16 bytes in about two.
  let s0 = v128.splat<f64>(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const end = from + <usize>n * sizeof<T>();
  for (; from + 64 <= end; from += 64) {
    s0 = v128.add<f64>(s0, squares<T>(v128.load(from)));
    s1 = v128.add<f64>(s1, squares<T>(v128.load(from, 16)));
    s2 = v128.add<f64>(s2, squares<T>(v128.load(from, 32)));
    s3 = v128.add<f64>(s3, squares<T>(v128.load(from, 48)));
  }
  for (; from < end; from += 16) s0 = v128.add<f64>(s0, squares<T>(load_partial<T>(from, <i32>((end - from) / sizeof<T>()))));
  const total = v128.add<f64>(v128.add<f64>(s0, s1), v128.add<f64>(s2, s3));
  return v128.extract_lane<f64>(total, 0) + v128.extract_lane<f64>(total, 1);
}

/** Sum of n f64, in order. */
export function sum_in_order(from: usize, n: i32): f64 {
  let total: f64 = 0;
  for (let i = 0; i < n; i++) total += load<f64>(from + (<usize>i << 3));
  return total;
}

/** x with the lanes from n on set to 0, whatever they held. */
// @ts-ignore: decorator
@inline
export function first_lanes<T>(x: v128, n: i32): v128 {
  if (n >= lanes<T>()) return x;
  if (sizeof<T>() == 8) return v128.and(x, i64x2(-1, 0));
  return v128.and(x, v128.lt<i32>(i32x4(0, 1, 2, 3), v128.splat<i32>(n)));
}
