/** A residual added and the sum normalised, in one pass over memory. Words as in normalise.ts. */
import { normalise } from "./normalise";

export function add_layer_norm_f32(p: usize, thread: i32, threads: i32): void {
  normalise<f32>(true, true, p, thread, threads);
}

export function add_layer_norm_f64(p: usize, thread: i32, threads: i32): void {
  normalise<f64>(true, true, p, thread, threads);
}
