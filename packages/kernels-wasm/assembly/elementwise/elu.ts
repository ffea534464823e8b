/** a where positive, else alpha (e^a − 1). imm: [alpha]. */
import { elu } from "../lib/activation";

function strip<T>(dst: usize, a: usize, n: i32, imm: usize): void {
  const alpha = v128.splat<f64>(load<f64>(imm));
  const end = <usize>n * sizeof<T>();
  for (let i: usize = 0; i < end; i += 16) {
    v128.store(dst + i, elu<T>(v128.load(a + i), alpha));
  }
}

export function elu_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f32>(dst, a, n, imm);
}

export function elu_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f64>(dst, a, n, imm);
}
