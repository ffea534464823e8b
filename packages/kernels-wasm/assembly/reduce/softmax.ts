/** e^x / Σ e^x of rows. Words: y, x, rows, row length. */
import { scratch } from "../lib/control";
import { row_exp, row_top } from "../lib/exp_row";
import { share_begin, share_end } from "../lib/rows";
import { is_idle, row_scale, sharers } from "./row";

function softmax<T>(p: usize, thread: i32, threads: i32): void {
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
    const y = load<usize>(p) + at;
    row_scale<T>(y, n, 1 / row_exp<T>(y, load<usize>(p, 4) + at, n, largest, row + 1 < end ? next : 0));
    largest = load<f64>(next);
  }
}

export function softmax_f32(p: usize, thread: i32, threads: i32): void {
  softmax<f32>(p, thread, threads);
}

export function softmax_f64(p: usize, thread: i32, threads: i32): void {
  softmax<f64>(p, thread, threads);
}
