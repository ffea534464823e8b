/**
 * Gradients of groupNorm by x and, per sample, by weight and bias. Words: dx, dweight (N, C), dbias (N, C), x, dy, extra, weight, then as in slabs.ts.
 */
import { extra_of } from "./slabs";
import { slabs_backward } from "./slabs_backward";

// @ts-ignore: decorator
@inline
function group_norm_backward<T>(p: usize, thread: i32, threads: i32): void {
  const q = p + 28;
  const x = load<usize>(p, 12);
  const dy = load<usize>(p, 16);
  slabs_backward<T>(load<usize>(p), load<usize>(p, 4), load<usize>(p, 8), x, dy, extra_of(q, p + 20), load<usize>(p, 24), q, thread, threads);
}

export function group_norm_backward_f32(p: usize, thread: i32, threads: i32): void {
  group_norm_backward<f32>(p, thread, threads);
}

export function group_norm_backward_f64(p: usize, thread: i32, threads: i32): void {
  group_norm_backward<f64>(p, thread, threads);
}
