/** GELU by its tanh approximation, ½ a (1 + tanh(√(2/π)(a + 0.044715 a³))); NaN at −Inf, as PyTorch. */
import { gelu_tanh } from "../lib/activation";

function strip<T>(dst: usize, a: usize, n: i32): void {
  const end = <usize>n * sizeof<T>();
  for (let i: usize = 0; i < end; i += 16) {
    v128.store(dst + i, gelu_tanh<T>(v128.load(a + i)));
  }
}

export function gelu_tanh_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f32>(dst, a, n);
}

export function gelu_tanh_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f64>(dst, a, n);
}
