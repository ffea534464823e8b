/** a Φ(a), Φ the cumulative normal distribution (D. Hendrycks and K. Gimpel 2016); NaN at −Inf, as PyTorch. */
import { gelu_erf } from "../lib/erf";

function strip<T>(dst: usize, a: usize, n: i32): void {
  const end = <usize>n * sizeof<T>();
  for (let i: usize = 0; i < end; i += 16) {
    v128.store(dst + i, gelu_erf<T>(v128.load(a + i)));
  }
}

export function gelu_erf_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f32>(dst, a, n);
}

export function gelu_erf_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f64>(dst, a, n);
}
