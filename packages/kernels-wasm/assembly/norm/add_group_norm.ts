/**
 * A residual added and the sum normalised by groups of channels; the sum is written while its moments are gathered. Words: sum, y, x, residual, weight,
 * bias, then as in slabs.ts.
 */
import { normalise_slabs } from "./normalise_slabs";

// @ts-ignore: decorator
@inline
function add_group_norm<T>(p: usize, thread: i32, threads: i32): void {
  const sum = load<usize>(p);
  const y = load<usize>(p, 4);
  const x = load<usize>(p, 8);
  const residual = load<usize>(p, 12);
  normalise_slabs<T>(y, 0, 0, sum, x, residual, load<usize>(p, 16), load<usize>(p, 20), p + 24, thread, threads);
}

export function add_group_norm_f32(p: usize, thread: i32, threads: i32): void {
  add_group_norm<f32>(p, thread, threads);
}

export function add_group_norm_f64(p: usize, thread: i32, threads: i32): void {
  add_group_norm<f64>(p, thread, threads);
}
