/** (x − mean) / √(variance + eps) · weight + bias of rows. Words as in normalise.ts. */
import { normalise } from "./normalise";

export function layer_norm_f32(p: usize, thread: i32, threads: i32): void {
  normalise<f32>(true, false, p, thread, threads);
}

export function layer_norm_f64(p: usize, thread: i32, threads: i32): void {
  normalise<f64>(true, false, p, thread, threads);
}
