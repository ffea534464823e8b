/** x / √(mean of squares + eps) · weight of rows. Words as in normalise.ts. */
import { normalise } from "./normalise";

export function rms_norm_f32(p: usize, thread: i32, threads: i32): void {
  normalise<f32>(false, false, p, thread, threads);
}

export function rms_norm_f64(p: usize, thread: i32, threads: i32): void {
  normalise<f64>(false, false, p, thread, threads);
}
