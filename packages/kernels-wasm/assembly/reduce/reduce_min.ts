/** Smallest element, NaN where there is one, over axes. Words: y, x, then as in lib/reduce_layout.ts. */
import { MIN, reduce } from "./fold";

export function reduce_min_f32(p: usize, thread: i32, threads: i32): void {
  reduce<f32>(MIN, load<usize>(p), load<usize>(p, 4), 0, p + 8, 1, thread, threads);
}

export function reduce_min_f64(p: usize, thread: i32, threads: i32): void {
  reduce<f64>(MIN, load<usize>(p), load<usize>(p, 4), 0, p + 8, 1, thread, threads);
}

export function reduce_min_i32(p: usize, thread: i32, threads: i32): void {
  reduce<i32>(MIN, load<usize>(p), load<usize>(p, 4), 0, p + 8, 1, thread, threads);
}
