/** Uniform random numbers in [0, 1) by element index. imm: [address of the words seed lo, seed hi, step lo, step hi, stream]. */
import { four_blocks, straddle, uniform, uniform_block } from "../lib/philox";

function strip<T>(dst: usize, n: i32, index: u32, imm: usize): void {
  const lanes: u32 = 16 / sizeof<T>();
  const offset = index % lanes;
  const end = <usize>n * sizeof<T>();
  let block = index / lanes;
  let i: usize = 0;
  if (offset == 0) {
    for (; i + 64 <= end; i += 64, block += 4) {
      const p = dst + i;
      four_blocks(p, <usize>load<f64>(imm), <u32>load<f64>(imm, 8), block);
      v128.store(p, uniform<T>(v128.load(p)));
      v128.store(p, uniform<T>(v128.load(p, 16)), 16);
      v128.store(p, uniform<T>(v128.load(p, 32)), 32);
      v128.store(p, uniform<T>(v128.load(p, 48)), 48);
    }
  }
  let values = uniform_block<T>(imm, block);
  for (; i < end; i += 16) {
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
