/** Largest element, NaN where there is one, over axes. Words: y, x, then as in lib/reduce_layout.ts. */
import { MAX, reduce } from "./fold";

export function reduce_max_f32(p: usize, thread: i32, threads: i32): void {
  reduce<f32>(MAX, load<usize>(p), load<usize>(p, 4), 0, p + 8, 1, thread, threads);
}

export function reduce_max_f64(p: usize, thread: i32, threads: i32): void {
  reduce<f64>(MAX, load<usize>(p), load<usize>(p, 4), 0, p + 8, 1, thread, threads);
}

export function reduce_max_i32(p: usize, thread: i32, threads: i32): void {
  reduce<i32>(MAX, load<usize>(p), load<usize>(p, 4), 0, p + 8, 1, thread, threads);
}
