/** What the kernels over rows share besides their exponentials (lib/exp_row.ts). */
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
