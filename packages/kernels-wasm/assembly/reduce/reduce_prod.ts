/** Product over axes. Words: y, x, then as in lib/reduce_layout.ts. */
import { PRODUCT, reduce } from "./fold";

export function reduce_prod_f32(p: usize, thread: i32, threads: i32): void {
  reduce<f32>(PRODUCT, load<usize>(p), load<usize>(p, 4), 0, p + 8, 1, thread, threads);
}

export function reduce_prod_f64(p: usize, thread: i32, threads: i32): void {
  reduce<f64>(PRODUCT, load<usize>(p), load<usize>(p, 4), 0, p + 8, 1, thread, threads);
}

export function reduce_prod_i32(p: usize, thread: i32, threads: i32): void {
  reduce<i32>(PRODUCT, load<usize>(p), load<usize>(p, 4), 0, p + 8, 1, thread, threads);
}
