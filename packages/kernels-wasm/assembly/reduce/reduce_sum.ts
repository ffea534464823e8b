/** Sum over axes. Words: y, x, then as in lib/reduce_layout.ts. */
import { total } from "./total";

export function reduce_sum_f32(p: usize, thread: i32, threads: i32): void {
  total<f32>(p, false, thread, threads);
}

export function reduce_sum_f64(p: usize, thread: i32, threads: i32): void {
  total<f64>(p, false, thread, threads);
}

export function reduce_sum_i32(p: usize, thread: i32, threads: i32): void {
  total<i32>(p, false, thread, threads);
}
