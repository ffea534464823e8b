/** Gradients of groupNorm by x and, per sample, by weight and bias. Words: dx, dweight (N, C), dbias (N, C), x, dy, weight, then as in slabs.ts. */
import { slabs_backward } from "./slabs";

export function group_norm_backward_f32(p: usize, thread: i32, threads: i32): void {
  const x = load<usize>(p, 12);
  slabs_backward<f32>(load<usize>(p), load<usize>(p, 4), load<usize>(p, 8), x, load<usize>(p, 16), load<usize>(p, 20), p + 24, thread, threads);
}

export function group_norm_backward_f64(p: usize, thread: i32, threads: i32): void {
  const x = load<usize>(p, 12);
  slabs_backward<f64>(load<usize>(p), load<usize>(p, 4), load<usize>(p, 8), x, load<usize>(p, 16), load<usize>(p, 20), p + 24, thread, threads);
}
