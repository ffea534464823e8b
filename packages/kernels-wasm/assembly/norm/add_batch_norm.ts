/** A residual added and the sum normalised over the batch; the sum is written while its moments are gathered. Words as in batch.ts. */
import { normalise_batch } from "./batch";

export function add_batch_norm_f32(p: usize, thread: i32, threads: i32): void {
  normalise_batch<f32>(true, p, thread, threads);
}

export function add_batch_norm_f64(p: usize, thread: i32, threads: i32): void {
  normalise_batch<f64>(true, p, thread, threads);
}
