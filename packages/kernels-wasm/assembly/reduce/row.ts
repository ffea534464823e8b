/** Passes over one contiguous row, which stays in cache between them. Sums are f64 in an order that the row's length alone decides. */
import { exp_wide } from "../lib/exp";
import { log_wide } from "../lib/log";
import { hmax, hsum, lanes, store_partial } from "../lib/simd";
import { high, k2, low, narrow } from "../lib/wide";

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

/** The first n (≥ 1) elements at p and fillers behind them; reads whole vectors. */
// @ts-ignore: decorator
@inline
export function load_filled<T>(p: usize, n: i32, fill: f64): v128 {
  const lane = sizeof<T>() == 4 ? i32x4(0, 1, 2, 3) : i64x2(0, 1);
  const inside = sizeof<T>() == 4 ? v128.lt<i32>(lane, v128.splat<i32>(n)) : v128.lt<i64>(lane, v128.splat<i64>(n));
  return v128.bitselect(v128.load(p), v128.splat<T>(<T>fill), inside);
}

// @ts-ignore: decorator
@inline
export function scalar_log(x: f64): f64 {
  return f64x2.extract_lane(log_wide<f64>(k2(x)), 0);
}

/** Largest of n elements; NaN where there is one. */
export function row_max<T>(x: usize, n: i32): f64 {
  let a = v128.splat<T>(<T>-Infinity);
  let b = a;
  let i = 0;
  for (; i <= n - 2 * lanes<T>(); i += 2 * lanes<T>()) {
    a = v128.max<T>(a, v128.load(x));
    b = v128.max<T>(b, v128.load(x, 16));
    x += 32;
  }
  for (; i < n; i += lanes<T>()) {
    a = v128.max<T>(a, load_filled<T>(x, n - i, -Infinity));
    x += 16;
  }
  return <f64>hmax<T>(v128.max<T>(a, b));
}

/** Σ e^(x − shift) of n elements, which go to y as well unless it is 0. */
export function row_exp<T>(y: usize, x: usize, n: i32, shift: f64): f64 {
  const s = k2(shift);
  let a = k2(0);
  let b = a;
  for (let i = 0; i < n; i += lanes<T>()) {
    const u = load_filled<T>(x, n - i, -Infinity);
    if (sizeof<T>() == 4) {
      const e = exp_wide<f32>(v128.sub<f64>(low(u), s));
      const f = exp_wide<f32>(v128.sub<f64>(high(u), s));
      if (y != 0) store_partial<f32>(y + (<usize>i << 2), narrow(e, f), n - i);
      a = v128.add<f64>(a, e);
      b = v128.add<f64>(b, f);
    } else {
      const e = exp_wide<f64>(v128.sub<f64>(u, s));
      if (y != 0) store_partial<f64>(y + (<usize>i << 3), e, n - i);
      a = v128.add<f64>(a, e);
    }
    x += 16;
  }
  return hsum<f64>(v128.add<f64>(a, b));
}

/** y = y · factor. */
export function row_scale<T>(y: usize, n: i32, factor: f64): void {
  const f = v128.splat<T>(<T>factor);
  for (let i = 0; i < n; i += lanes<T>()) {
    store_partial<T>(y, v128.mul<T>(load_filled<T>(y, n - i, 0), f), n - i);
    y += 16;
  }
}
