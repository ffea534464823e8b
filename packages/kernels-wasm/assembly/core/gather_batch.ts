/**
 * Copies the rows of a step's batch out of a data set, in an order that a counter-based permutation gives for each epoch, so
 * that nothing is stored and any step can be resumed. Words: batch, data, step scalars, rows of the data set, bytes of a row,
 * rows of a full batch, shuffle (0: in order), seed low, seed high.
 */
import { permute } from "../lib/permute";
import { share_begin, share_end } from "../lib/rows";
import { STEP } from "../lib/step";

export function gather_batch(p: usize, thread: i32, threads: i32): void {
  const batch = load<usize>(p);
  const data = load<usize>(p, 4);
  const step = <i64>load<f64>(load<usize>(p, 8), STEP);
  const rows = load<i32>(p, 12);
  const bytes = load<usize>(p, 16);
  const batch_rows = load<i32>(p, 20);
  const shuffle = load<i32>(p, 24) != 0;
  const steps_per_epoch = <i64>((rows + batch_rows - 1) / batch_rows);
  const epoch = <u32>(step / steps_per_epoch);
  const first = <i32>(step % steps_per_epoch) * batch_rows;
  const count = min(batch_rows, rows - first);
  const end = share_end(count, 16, thread, threads);
  for (let i = share_begin(count, 16, thread, threads); i < end; i++) {
    const row = shuffle ? <i32>permute(first + i, rows, load<u32>(p, 28), load<u32>(p, 32) ^ epoch) : first + i;
    memory.copy(batch + <usize>i * bytes, data + <usize>row * bytes, bytes);
  }
}
