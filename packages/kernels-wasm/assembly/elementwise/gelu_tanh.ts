/** GELU by its tanh approximation, ½ a (1 + tanh(√(2/π)(a + 0.044715 a³))); NaN at −Inf, as PyTorch. */
import { gelu_tanh_wide } from "../lib/activation";
import { exp_strip, GELU_TANH } from "../lib/exp_strip";

export function gelu_tanh_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  exp_strip(GELU_TANH, dst, a, n);
}

export function gelu_tanh_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  const end = <usize>n * 8;
  for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, gelu_tanh_wide(v128.load(a + i)));
}
