/** a Φ(a), Φ the cumulative normal distribution (D. Hendrycks and K. Gimpel 2016); NaN at −Inf, as PyTorch. */
import { gelu_erf_wide } from "../lib/erf";
import { gelu_single } from "../lib/gelu_single";

export function gelu_erf_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  gelu_single(dst, a, n);
}

export function gelu_erf_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  const end = <usize>n * 8;
  for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, gelu_erf_wide(v128.load(a + i)));
}
