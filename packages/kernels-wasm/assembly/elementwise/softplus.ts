/** log(1 + e^(beta a)) / beta, and a itself where beta a > threshold. imm: [beta, threshold]. */
import { softplus } from "../lib/activation";

function strip<T>(dst: usize, a: usize, n: i32, imm: usize): void {
  const beta = v128.splat<f64>(load<f64>(imm));
  const threshold = v128.splat<f64>(load<f64>(imm, 8));
  const end = <usize>n * sizeof<T>();
  for (let i: usize = 0; i < end; i += 16) {
    v128.store(dst + i, softplus<T>(v128.load(a + i), beta, threshold));
  }
}

export function softplus_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f32>(dst, a, n, imm);
}

export function softplus_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f64>(dst, a, n, imm);
}
