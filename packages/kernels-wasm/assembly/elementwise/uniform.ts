/** Uniform random numbers in [0, 1) by element index. imm: [address of the words seed lo, seed hi, step lo, step hi, stream]. */
import { straddle, uniform_block } from "../lib/philox";

function strip<T>(dst: usize, n: i32, index: u32, imm: usize): void {
  const lanes: u32 = 16 / sizeof<T>();
  const offset = index % lanes;
  const end = <usize>n * sizeof<T>();
  let block = index / lanes;
  let values = uniform_block<T>(imm, block);
  for (let i: usize = 0; i < end; i += 16) {
    const next = uniform_block<T>(imm, ++block);
    v128.store(dst + i, offset == 0 ? values : straddle<T>(values, next, offset));
    values = next;
  }
}

export function uniform_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f32>(dst, n, index, imm);
}

export function uniform_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f64>(dst, n, index, imm);
}
