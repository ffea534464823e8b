/** Position of the first largest element over axes. Words: y (i32), x, then as in lib/reduce_layout.ts. */
import { locate } from "./locate";

export function reduce_argmax_f32(p: usize, thread: i32, threads: i32): void {
  locate<f32>(true, p, thread, threads);
}

export function reduce_argmax_f64(p: usize, thread: i32, threads: i32): void {
  locate<f64>(true, p, thread, threads);
}

export function reduce_argmax_i32(p: usize, thread: i32, threads: i32): void {
  locate<i32>(true, p, thread, threads);
}
