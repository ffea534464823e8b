/** Hyperbolic tangent. */
import { tanh_wide } from "../lib/sigmoid";
import { exp_strip, TANH } from "../lib/exp_strip";

export function tanh_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  exp_strip(TANH, dst, a, n);
}

export function tanh_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  const end = <usize>n * 8;
  for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, tanh_wide(v128.load(a + i)));
}
