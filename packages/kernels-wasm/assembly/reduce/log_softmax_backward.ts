/** dx = dy − e^y Σ dy of rows, y = log_softmax(x). Words: dx, y, dy, rows, row length. */
import { exp_wide } from "../lib/exp";
import { share_begin, share_end } from "../lib/rows";
import { hsum, lanes, store_partial } from "../lib/simd";
import { high, k2, low, narrow } from "../lib/wide";
import { is_idle, load_filled, sharers } from "./row";

function row_sum<T>(x: usize, n: i32): f64 {
  let a = k2(0);
  let b = a;
  for (let i = 0; i < n; i += lanes<T>()) {
    const u = load_filled<T>(x, n - i, 0);
    if (sizeof<T>() == 4) {
      a = v128.add<f64>(a, low(u));
      b = v128.add<f64>(b, high(u));
    } else {
      a = v128.add<f64>(a, u);
    }
    x += 16;
  }
  return hsum<f64>(v128.add<f64>(a, b));
}

function log_softmax_backward<T>(p: usize, thread: i32, threads: i32): void {
  const rows = load<i32>(p, 12);
  const n = load<i32>(p, 16);
  if (is_idle(rows, n, thread)) return;
  const workers = sharers(rows, n, threads);
  const end = share_end(rows, 1, thread, workers);
  for (let row = share_begin(rows, 1, thread, workers); row < end; row++) {
    const at = <usize>row * <usize>n * sizeof<T>();
    const dx = load<usize>(p) + at;
    const y = load<usize>(p, 4) + at;
    const dy = load<usize>(p, 8) + at;
    const total = k2(row_sum<T>(dy, n));
    for (let i = 0; i < n; i += lanes<T>()) {
      const offset = <usize>i * sizeof<T>();
      const u = load_filled<T>(y + offset, n - i, 0);
      const v = load_filled<T>(dy + offset, n - i, 0);
      if (sizeof<T>() == 4) {
        const a = v128.sub<f64>(low(v), v128.mul<f64>(exp_wide<f32>(low(u)), total));
        const b = v128.sub<f64>(high(v), v128.mul<f64>(exp_wide<f32>(high(u)), total));
        store_partial<f32>(dx + offset, narrow(a, b), n - i);
      } else {
        store_partial<f64>(dx + offset, v128.sub<f64>(v, v128.mul<f64>(exp_wide<f64>(u), total)), n - i);
      }
    }
  }
}

export function log_softmax_backward_f32(p: usize, thread: i32, threads: i32): void {
  log_softmax_backward<f32>(p, thread, threads);
}

export function log_softmax_backward_f64(p: usize, thread: i32, threads: i32): void {
  log_softmax_backward<f64>(p, thread, threads);
}
