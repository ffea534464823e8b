/** a / (1 + e^−a), also called swish; NaN at −Inf, as PyTorch. */
import { silu_wide } from "../lib/activation";
import { exp_strip, SILU } from "../lib/exp_strip";

export function silu_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  exp_strip(SILU, dst, a, n);
}

export function silu_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  const end = <usize>n * 8;
  for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, silu_wide(v128.load(a + i)));
}
