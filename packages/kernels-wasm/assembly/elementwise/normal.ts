/** Standard normal random numbers by element index. imm: [address of the words seed lo, seed hi, step lo, step hi, stream]. */
import { straddle } from "../lib/philox";
import { normal_block } from "../lib/normal";

function strip<T>(dst: usize, n: i32, index: u32, imm: usize): void {
  const lanes: u32 = 16 / sizeof<T>();
  const offset = index % lanes;
  const end = <usize>n * sizeof<T>();
  let block = index / lanes;
  let values = normal_block<T>(imm, block);
  for (let i: usize = 0; i < end; i += 16) {
    const next = normal_block<T>(imm, ++block);
    v128.store(dst + i, offset == 0 ? values : straddle<T>(values, next, offset));
    values = next;
  }
}

export function normal_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f32>(dst, n, index, imm);
}

export function normal_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f64>(dst, n, index, imm);
}
