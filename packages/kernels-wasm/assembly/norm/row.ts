/**
 * Passes over one contiguous row, which stays in cache between them. f32 sums run in f32 lanes over blocks whose totals are f64: a block's lane adds
 * BLOCK/16 numbers, so the error stays near that of one rounding, at half the instructions of f64 lanes. Orders depend on the row's length alone.
 */
import { hsum, lanes, madd } from "../lib/simd";
import { high, k2, low } from "../lib/wide";

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

/** Σ (x − shift) and Σ (x − shift)² of n elements, to two f64 at `out`. */
export function row_moments<T>(out: usize, x: usize, n: i32, shift: T): void {
  const s = v128.splat<T>(shift);
  const zero = k2(0);
  let first_moment: f64 = 0;
  let second_moment: f64 = 0;
  for (let first = 0; first < n; first += BLOCK) {
    const m = min(BLOCK, n - first);
    let a = zero;
    let b = zero;
    let c = zero;
    let d = zero;
    let i = 0;
    for (; i <= m - 2 * lanes<T>(); i += 2 * lanes<T>()) {
      const u = v128.sub<T>(v128.load(x), s);
      const v = v128.sub<T>(v128.load(x, 16), s);
      a = v128.add<T>(a, u);
      b = v128.add<T>(b, v);
      c = madd<T>(u, u, c);
      d = madd<T>(v, v, d);
      x += 32;
    }
    for (; i < m; i += lanes<T>()) {
      const u = keep_first<T>(v128.sub<T>(v128.load(x), s), m - i);
      a = v128.add<T>(a, u);
      c = madd<T>(u, u, c);
      x += 16;
    }
    first_moment += total_of<T>(a, b);
    second_moment += total_of<T>(c, d);
  }
  store<f64>(out, first_moment);
  store<f64>(out, second_moment, 8);
}

/** Elements whose mean is taken for that of the row: one cache line of f32. */
const SAMPLE: i32 = 16;

/** A number near the row's mean, if its first elements are like the rest. */
export function row_sample<T>(x: usize, n: i32): T {
  const count = min(n, SAMPLE);
  return <T>(row_sum<T>(x, count) / <f64>count);
}

/**
 * Whether the mean lies so far from the shift, in units of σ², that Σd²/n − (Σd/n)² loses digits: at 4 it loses two bits. A row whose sample
 * misleads has to be gone through again.
 */
// @ts-ignore: decorator
@inline
export function is_far(rest: f64, variance: f64): bool {
  return rest * rest > 4 * variance;
}
