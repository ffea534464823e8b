/**
 * Long sums in the lanes of the type itself: f32 lanes run over blocks whose totals are f64. A lane adds BLOCK/16 numbers, so the error stays near that
 * of one rounding, at half the instructions of f64 lanes. Orders depend on the number of elements alone.
 */
import { hsum, lanes } from "./simd";
import { high, k2, low } from "./wide";

/** Elements between flushes to f64; a multiple of 16. */
export const BLOCK: i32 = 1024;

/** Sum of the lanes of a + b in f64. */
// @ts-ignore: decorator
@inline
export function total_of<T>(a: v128, b: v128): f64 {
  if (sizeof<T>() == 8) return hsum<f64>(v128.add<f64>(a, b));
  return hsum<f64>(v128.add<f64>(v128.add<f64>(low(a), low(b)), v128.add<f64>(high(a), high(b))));
}

/** Lanes below n (≥ 1) of v, zeros in the others. */
// @ts-ignore: decorator
@inline
export function keep_first<T>(v: v128, n: i32): v128 {
  if (sizeof<T>() == 4) return v128.and(v, v128.lt<i32>(i32x4(0, 1, 2, 3), v128.splat<i32>(n)));
  return v128.and(v, v128.lt<i64>(i64x2(0, 1), v128.splat<i64>(n)));
}

/** Σ x of n elements. */
export function row_sum<T>(x: usize, n: i32): f64 {
  let total: f64 = 0;
  const zero = k2(0);
  for (let first = 0; first < n; first += BLOCK) {
    const m = min(BLOCK, n - first);
    let a = zero;
    let b = zero;
    let c = zero;
    let d = zero;
    let i = 0;
    for (; i <= m - 4 * lanes<T>(); i += 4 * lanes<T>()) {
      a = v128.add<T>(a, v128.load(x));
      b = v128.add<T>(b, v128.load(x, 16));
      c = v128.add<T>(c, v128.load(x, 32));
      d = v128.add<T>(d, v128.load(x, 48));
      x += 64;
    }
    for (; i < m; i += lanes<T>()) {
      a = v128.add<T>(a, keep_first<T>(v128.load(x), m - i));
      x += 16;
    }
    total += total_of<T>(v128.add<T>(a, c), v128.add<T>(b, d));
  }
  return total;
}
