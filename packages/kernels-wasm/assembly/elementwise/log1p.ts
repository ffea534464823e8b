/** log(1 + a), without cancellation near 0: −Inf at −1, NaN below. */
import { log1p } from "../lib/log1p";

function strip<T>(dst: usize, a: usize, n: i32): void {
  const end = <usize>n * sizeof<T>();
  for (let i: usize = 0; i < end; i += 16) {
    v128.store(dst + i, log1p<T>(v128.load(a + i)));
  }
}

export function log1p_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f32>(dst, a, n);
}

export function log1p_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f64>(dst, a, n);
}
