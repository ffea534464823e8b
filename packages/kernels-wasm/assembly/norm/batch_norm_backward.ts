/** Gradients of batchNorm in training by x, weight and bias. Words: dx, dweight, dbias, x, dy, extra, weight, then as in slabs.ts. */
import { columns_backward } from "./columns";
import { extra_of, span_of } from "./slabs";
import { slabs_backward } from "./slabs_backward";

// @ts-ignore: decorator
@inline
function batch_norm_backward<T>(p: usize, thread: i32, threads: i32): void {
  const q = p + 28;
  const dx = load<usize>(p);
  const dweight = load<usize>(p, 4);
  const dbias = load<usize>(p, 8);
  const x = load<usize>(p, 12);
  const dy = load<usize>(p, 16);
  const extra = extra_of(q, p + 20);
  const weight = load<usize>(p, 24);
  if (span_of(q) == 1) columns_backward<T>(dx, dweight, dbias, x, dy, extra, weight, q, thread, threads);
  else slabs_backward<T>(dx, dweight, dbias, x, dy, extra, weight, q, thread, threads);
}

export function batch_norm_backward_f32(p: usize, thread: i32, threads: i32): void {
  batch_norm_backward<f32>(p, thread, threads);
}

export function batch_norm_backward_f64(p: usize, thread: i32, threads: i32): void {
  batch_norm_backward<f64>(p, thread, threads);
}
