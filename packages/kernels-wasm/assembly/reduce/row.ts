/** What the kernels over rows share besides their exponentials (lib/exp_row.ts). */
import { load_filled } from "../lib/exp_row";
import { log_wide } from "../lib/log";
import { lanes, madd, store_partial } from "../lib/simd";
import { k2 } from "../lib/wide";

/** Below this many elements a second thread costs more than it brings to an exponential each. */
const SPLIT_LEAST: i64 = 1024;

/** True when the launch is another thread's alone. */
// @ts-ignore: decorator
@inline
export function is_idle(rows: i32, n: i32, thread: i32): bool {
  return thread > 0 && <i64>rows * <i64>n < SPLIT_LEAST;
}

/** Threads among which the rows are shared. */
// @ts-ignore: decorator
@inline
export function sharers(rows: i32, n: i32, threads: i32): i32 {
  return <i64>rows * <i64>n < SPLIT_LEAST ? 1 : threads;
}

// @ts-ignore: decorator
@inline
export function scalar_log(x: f64): f64 {
  return f64x2.extract_lane(log_wide<f64>(k2(x)), 0);
}

/** y = y · factor. */
export function row_scale<T>(y: usize, n: i32, factor: f64): void {
  const f = v128.splat<T>(<T>factor);
  let i = 0;
  for (; i <= n - 2 * lanes<T>(); i += 2 * lanes<T>()) {
    v128.store(y, v128.mul<T>(v128.load(y), f));
    v128.store(y, v128.mul<T>(v128.load(y, 16), f), 16);
    y += 32;
  }
  for (; i < n; i += lanes<T>()) {
    store_partial<T>(y, v128.mul<T>(v128.load(y), f), n - i);
    y += 16;
  }
}

/** y = y · factor + offset. */
export function row_affine<T>(y: usize, n: i32, factor: f64, offset: f64): void {
  const f = v128.splat<T>(<T>factor);
  const o = v128.splat<T>(<T>offset);
  for (let i = 0; i < n; i += lanes<T>()) {
    store_partial<T>(y, madd<T>(v128.load(y), f, o), n - i);
    y += 16;
  }
}

/** y = value. */
export function row_fill<T>(y: usize, n: i32, value: f64): void {
  const v = v128.splat<T>(<T>value);
  for (let i = 0; i < n; i += lanes<T>()) {
    store_partial<T>(y, v, n - i);
    y += 16;
  }
}

/**
 * Largest or smallest of n neighbours, NaN where there is one: told apart, that takes four instructions a vector, where an extreme that keeps NaN
 * takes eight in each of twice as many lanes of f64.
 */
export function row_extreme<T>(largest: bool, x: usize, n: i32): f64 {
  const none = largest ? <T>-Infinity : <T>Infinity;
  let a = v128.splat<T>(none);
  let b = a;
  let odd = v128.splat<i32>(0);
  let i = 0;
  for (; i <= n - 2 * lanes<T>(); i += 2 * lanes<T>()) {
    const u = v128.load(x);
    const v = v128.load(x, 16);
    a = largest ? v128.pmax<T>(a, u) : v128.pmin<T>(a, u);
    b = largest ? v128.pmax<T>(b, v) : v128.pmin<T>(b, v);
    odd = v128.or(odd, v128.or(v128.ne<T>(u, u), v128.ne<T>(v, v)));
    x += 32;
  }
  for (; i < n; i += lanes<T>()) {
    const u = load_filled<T>(x, n - i, <f64>none);
    a = largest ? v128.pmax<T>(a, u) : v128.pmin<T>(a, u);
    odd = v128.or(odd, v128.ne<T>(u, u));
    x += 16;
  }
  if (v128.any_true(odd)) return NaN;
  a = largest ? v128.pmax<T>(a, b) : v128.pmin<T>(a, b);
  const half = v128.shuffle<i64>(a, a, 1, 0);
  a = largest ? v128.pmax<T>(a, half) : v128.pmin<T>(a, half);
  if (sizeof<T>() == 8) return f64x2.extract_lane(a, 0);
  const first = <f64>f32x4.extract_lane(a, 0);
  const second = <f64>f32x4.extract_lane(a, 1);
  return largest ? max<f64>(first, second) : min<f64>(first, second);
}
