/** ln Σ eˣ over axes, given the largest element m of each output. Words: y, x, m, then as in lib/reduce_layout.ts. */
import { EXP_SUM, reduce } from "./fold";

export function reduce_logsumexp_f32(p: usize, thread: i32, threads: i32): void {
  reduce<f32>(EXP_SUM, load<usize>(p), load<usize>(p, 4), load<usize>(p, 8), p + 12, 1, thread, threads);
}

export function reduce_logsumexp_f64(p: usize, thread: i32, threads: i32): void {
  reduce<f64>(EXP_SUM, load<usize>(p), load<usize>(p, 4), load<usize>(p, 8), p + 12, 1, thread, threads);
}
