/** Each channel over the batch to mean 0 and variance 1, then weight and bias. Words: y, mean, variance, x, weight, bias, then as in slabs.ts. */
import { normalise_columns } from "./columns";
import { normalise_slabs, span_of } from "./slabs";

// @ts-ignore: decorator
@inline
function batch_norm<T>(p: usize, thread: i32, threads: i32): void {
  const q = p + 24;
  const y = load<usize>(p);
  const mean = load<usize>(p, 4);
  const variance = load<usize>(p, 8);
  const x = load<usize>(p, 12);
  const weight = load<usize>(p, 16);
  const bias = load<usize>(p, 20);
  if (span_of(q) == 1) normalise_columns<T>(y, mean, variance, x, weight, bias, q, thread, threads);
  else normalise_slabs<T>(y, mean, variance, x, weight, bias, q, thread, threads);
}

export function batch_norm_f32(p: usize, thread: i32, threads: i32): void {
  batch_norm<f32>(p, thread, threads);
}

export function batch_norm_f64(p: usize, thread: i32, threads: i32): void {
  batch_norm<f64>(p, thread, threads);
}
