/**
 * a / (1 − rate) where the element's uniform number is at least rate, else 0: the mask is a function of the index, hence the same in the
 * backward pass. imm: [address of the words seed lo, seed hi, step lo, step hi, stream, rate].
 */
import { four_blocks, straddle, uniform, uniform_block } from "../lib/philox";

// @ts-ignore: decorator
@inline
function keep<T>(x: v128, u: v128, bound: v128, kept: v128): v128 {
  return v128.and(v128.div<T>(x, kept), v128.ge<T>(u, bound));
}

function strip<T>(dst: usize, a: usize, n: i32, index: u32, imm: usize): void {
  const lanes: u32 = 16 / sizeof<T>();
  const offset = index % lanes;
  const rate = load<f64>(imm, 16);
  const bound = v128.splat<T>(<T>rate);
  const kept = v128.splat<T>(<T>(1.0 - rate));
  const end = <usize>n * sizeof<T>();
  let block = index / lanes;
  let i: usize = 0;
  if (offset == 0) {
    for (; i + 64 <= end; i += 64, block += 4) {
      // The words pass through dst, which may be a.
      const x0 = v128.load(a + i);
      const x1 = v128.load(a + i, 16);
      const x2 = v128.load(a + i, 32);
      const x3 = v128.load(a + i, 48);
      const p = dst + i;
      four_blocks(p, <usize>load<f64>(imm), <u32>load<f64>(imm, 8), block);
      v128.store(p, keep<T>(x0, uniform<T>(v128.load(p)), bound, kept));
      v128.store(p, keep<T>(x1, uniform<T>(v128.load(p, 16)), bound, kept), 16);
      v128.store(p, keep<T>(x2, uniform<T>(v128.load(p, 32)), bound, kept), 32);
      v128.store(p, keep<T>(x3, uniform<T>(v128.load(p, 48)), bound, kept), 48);
    }
  }
  let values = uniform_block<T>(imm, block);
  for (; i < end; i += 16) {
    const next = uniform_block<T>(imm, ++block);
    const u = offset == 0 ? values : straddle<T>(values, next, offset);
    v128.store(dst + i, keep<T>(v128.load(a + i), u, bound, kept));
    values = next;
  }
}

export function dropout_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f32>(dst, a, n, index, imm);
}

export function dropout_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f64>(dst, a, n, index, imm);
}
