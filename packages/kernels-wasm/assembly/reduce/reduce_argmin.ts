/** Position of the first smallest element over axes. Words: y (i32), x, then as in lib/reduce_layout.ts. */
import { locate } from "./locate";

export function reduce_argmin_f32(p: usize, thread: i32, threads: i32): void {
  locate<f32>(false, p, thread, threads);
}

export function reduce_argmin_f64(p: usize, thread: i32, threads: i32): void {
  locate<f64>(false, p, thread, threads);
}

export function reduce_argmin_i32(p: usize, thread: i32, threads: i32): void {
  locate<i32>(false, p, thread, threads);
}
