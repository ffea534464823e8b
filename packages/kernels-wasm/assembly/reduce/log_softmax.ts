/** x − ln Σ e^x of rows. Words: y, x, rows, row length. */
import { share_begin, share_end } from "../lib/rows";
import { lanes, store_partial } from "../lib/simd";
import { high, k2, low, narrow } from "../lib/wide";
import { is_idle, load_filled, row_exp, row_max, scalar_log, sharers } from "./row";

function log_softmax<T>(p: usize, thread: i32, threads: i32): void {
  const rows = load<i32>(p, 8);
  const n = load<i32>(p, 12);
  if (is_idle(rows, n, thread)) return;
  const workers = sharers(rows, n, threads);
  const end = share_end(rows, 1, thread, workers);
  for (let row = share_begin(rows, 1, thread, workers); row < end; row++) {
    const at = <usize>row * <usize>n * sizeof<T>();
    const x = load<usize>(p, 4) + at;
    const largest = row_max<T>(x, n);
    subtract<T>(load<usize>(p) + at, x, n, largest, scalar_log(row_exp<T>(0, x, n, largest)));
  }
}

/** y = (x − largest) − log: two steps, as their sum may exceed x so far that its digits go. */
function subtract<T>(y: usize, x: usize, n: i32, largest: f64, log: f64): void {
  const m = k2(largest);
  const l = k2(log);
  for (let i = 0; i < n; i += lanes<T>()) {
    const u = load_filled<T>(x, n - i, 0);
    if (sizeof<T>() == 4) {
      store_partial<f32>(y, narrow(v128.sub<f64>(v128.sub<f64>(low(u), m), l), v128.sub<f64>(v128.sub<f64>(high(u), m), l)), n - i);
    } else {
      store_partial<f64>(y, v128.sub<f64>(v128.sub<f64>(u, m), l), n - i);
    }
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
