/** Moments of one contiguous row, which stays in cache between passes. */
import { BLOCK, keep_first, row_sum, total_of } from "../lib/lane_sum";
import { lanes, madd } from "../lib/simd";
import { k2 } from "../lib/wide";

/** Σ (x − shift) and Σ (x − shift)² of n elements, to two f64 at `out`, in the order of normalise.ts. */
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
    for (; i <= m - 4 * lanes<T>(); i += 4 * lanes<T>()) {
      const u0 = v128.sub<T>(v128.load(x), s);
      const u1 = v128.sub<T>(v128.load(x, 16), s);
      const u2 = v128.sub<T>(v128.load(x, 32), s);
      const u3 = v128.sub<T>(v128.load(x, 48), s);
      a = v128.add<T>(v128.add<T>(a, u0), u2);
      b = v128.add<T>(v128.add<T>(b, u1), u3);
      c = madd<T>(u2, u2, madd<T>(u0, u0, c));
      d = madd<T>(u3, u3, madd<T>(u1, u1, d));
      x += 64;
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
