/** A residual added and the sum divided by its root mean square, in one pass over memory. Words as in normalise.ts. */
import { normalise } from "./normalise";

export function add_rms_norm_f32(p: usize, thread: i32, threads: i32): void {
  normalise<f32>(false, true, p, thread, threads);
}

export function add_rms_norm_f64(p: usize, thread: i32, threads: i32): void {
  normalise<f64>(false, true, p, thread, threads);
}
