/** Groups of channels of each sample to mean 0 and variance 1, then weight and bias by channel. Words: y, x, weight, bias, then as in slabs.ts. */
import { normalise_slabs } from "./normalise_slabs";

// @ts-ignore: decorator
@inline
function group_norm<T>(p: usize, thread: i32, threads: i32): void {
  normalise_slabs<T>(load<usize>(p), 0, 0, load<usize>(p, 4), 0, 0, load<usize>(p, 8), load<usize>(p, 12), p + 16, thread, threads);
}

export function group_norm_f32(p: usize, thread: i32, threads: i32): void {
  group_norm<f32>(p, thread, threads);
}

export function group_norm_f64(p: usize, thread: i32, threads: i32): void {
  group_norm<f64>(p, thread, threads);
}
