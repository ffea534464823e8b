/** Gradients of layerNorm by its input and, as sums over chunks of rows, by weight and bias. Words as in backward.ts. */
import { backward } from "./backward";

export function layer_norm_backward_f32(p: usize, thread: i32, threads: i32): void {
  backward<f32>(true, p, thread, threads);
}

export function layer_norm_backward_f64(p: usize, thread: i32, threads: i32): void {
  backward<f64>(true, p, thread, threads);
}
