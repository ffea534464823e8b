/** Each channel over the batch to mean 0 and variance 1, then weight and bias. Words as in batch.ts. */
import { normalise_batch } from "./batch";

export function batch_norm_f32(p: usize, thread: i32, threads: i32): void {
  normalise_batch<f32>(false, p, thread, threads);
}

export function batch_norm_f64(p: usize, thread: i32, threads: i32): void {
  normalise_batch<f64>(false, p, thread, threads);
}
