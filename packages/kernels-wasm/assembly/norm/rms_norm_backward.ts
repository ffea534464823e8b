/** Gradients of rmsNorm by its input and, as sums over chunks of rows, by its weight. Words as in backward.ts. */
import { backward } from "./backward";

export function rms_norm_backward_f32(p: usize, thread: i32, threads: i32): void {
  backward<f32>(false, p, thread, threads);
}

export function rms_norm_backward_f64(p: usize, thread: i32, threads: i32): void {
  backward<f64>(false, p, thread, threads);
}
