/** e^x / Σ e^x of rows. Words: y, x, rows, row length. */
import { row_exp, row_top } from "../lib/exp_row";
import { share_begin, share_end } from "../lib/rows";
import { is_idle, row_scale, sharers } from "./row";

function softmax<T>(p: usize, thread: i32, threads: i32): void {
  const rows = load<i32>(p, 8);
  const n = load<i32>(p, 12);
  if (is_idle(rows, n, thread)) return;
  const workers = sharers(rows, n, threads);
  const end = share_end(rows, 1, thread, workers);
  for (let row = share_begin(rows, 1, thread, workers); row < end; row++) {
    const at = <usize>row * <usize>n * sizeof<T>();
    const y = load<usize>(p) + at;
    const x = load<usize>(p, 4) + at;
    row_scale<T>(y, n, 1 / row_exp<T>(y, x, n, row_top<T>(x, n)));
  }
}

export function softmax_f32(p: usize, thread: i32, threads: i32): void {
  softmax<f32>(p, thread, threads);
}

export function softmax_f64(p: usize, thread: i32, threads: i32): void {
  softmax<f64>(p, thread, threads);
}
