/** x − ln Σ e^x of rows. Words: y, x, rows, row length. */
import { scratch } from "../lib/control";
import { row_exp_sum, row_top } from "../lib/exp_row";
import { share_begin, share_end } from "../lib/rows";
import { lanes, store_partial } from "../lib/simd";
import { is_idle, scalar_log, sharers } from "./row";

function log_softmax<T>(p: usize, thread: i32, threads: i32): void {
  const rows = load<i32>(p, 8);
  const n = load<i32>(p, 12);
  if (is_idle(rows, n, thread)) return;
  const workers = sharers(rows, n, threads);
  const end = share_end(rows, 1, thread, workers);
  const first = share_begin(rows, 1, thread, workers);
  if (first >= end || n == 0) return;
  const next = scratch(thread);
  let largest = row_top<T>(load<usize>(p, 4) + <usize>first * <usize>n * sizeof<T>(), n);
  for (let row = first; row < end; row++) {
    const at = <usize>row * <usize>n * sizeof<T>();
    const x = load<usize>(p, 4) + at;
    const log = scalar_log(row_exp_sum<T>(x, n, largest, row + 1 < end ? next : 0));
    subtract<T>(load<usize>(p) + at, x, n, largest, log);
    largest = load<f64>(next);
  }
}

/** y = (x − largest) − log: two steps, as their sum may exceed x so far that its digits go. */
function subtract<T>(y: usize, x: usize, n: i32, largest: f64, log: f64): void {
  const m = v128.splat<T>(<T>largest);
  const l = v128.splat<T>(<T>log);
  let i = 0;
  for (; i <= n - 2 * lanes<T>(); i += 2 * lanes<T>()) {
    v128.store(y, v128.sub<T>(v128.sub<T>(v128.load(x), m), l));
    v128.store(y, v128.sub<T>(v128.sub<T>(v128.load(x, 16), m), l), 16);
    x += 32;
    y += 32;
  }
  for (; i < n; i += lanes<T>()) {
    store_partial<T>(y, v128.sub<T>(v128.sub<T>(v128.load(x), m), l), n - i);
    x += 16;
    y += 16;
  }
}

export function log_softmax_f32(p: usize, thread: i32, threads: i32): void {
  log_softmax<f32>(p, thread, threads);
}

export function log_softmax_f64(p: usize, thread: i32, threads: i32): void {
  log_softmax<f64>(p, thread, threads);
}
