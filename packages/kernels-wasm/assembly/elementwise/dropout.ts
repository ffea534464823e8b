/**
 * a / (1 − rate) where the element's uniform number is at least rate, else 0: the mask is a function of the index, hence the same in the
 * backward pass. imm: [address of the words seed lo, seed hi, step lo, step hi, stream, rate].
 */
import { straddle, uniform_block } from "../lib/philox";

function strip<T>(dst: usize, a: usize, n: i32, index: u32, imm: usize): void {
  const lanes: u32 = 16 / sizeof<T>();
  const offset = index % lanes;
  const rate = load<f64>(imm, 16);
  const bound = v128.splat<T>(<T>rate);
  const kept = v128.splat<T>(<T>(1.0 - rate));
  const end = <usize>n * sizeof<T>();
  let block = index / lanes;
  let values = uniform_block<T>(imm, block);
  for (let i: usize = 0; i < end; i += 16) {
    const next = uniform_block<T>(imm, ++block);
    const u = offset == 0 ? values : straddle<T>(values, next, offset);
    v128.store(dst + i, v128.and(v128.div<T>(v128.load(a + i), kept), v128.ge<T>(u, bound)));
    values = next;
  }
}

export function dropout_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f32>(dst, a, n, index, imm);
}

export function dropout_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f64>(dst, a, n, index, imm);
}
