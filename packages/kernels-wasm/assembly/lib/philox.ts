/**
 * Philox4x32-10 (J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): four random words from a counter
 * and a key, without state, so that masks are regenerated instead of stored and any thread may make any element.
 * packages/engine/src/random.ts is the same generator, bit for bit.
 *
 * Key (seed lo, seed hi), counter (block, stream, step lo, step hi). A block is one vector of output: its four words serve elements
 * 4·block … 4·block + 3 of f32, or in pairs elements 2·block and 2·block + 1 of f64.
 */

const M0: u64 = 0xd2511f53;
const M1: u64 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;

/** The four words (c0, c1, c2, c3) after ten rounds under the key (k0, k1). */
// @ts-ignore: decorator
@inline
export function philox(c0: u32, c1: u32, c2: u32, c3: u32, k0: u32, k1: u32): v128 {
  for (let round = 0; round < 10; round++) {
    const p0 = M0 * <u64>c0;
    const p1 = M1 * <u64>c2;
    c0 = <u32>(p1 >> 32) ^ c1 ^ k0;
    c2 = <u32>(p0 >> 32) ^ c3 ^ k1;
    c1 = <u32>p1;
    c3 = <u32>p0;
    k0 += W0;
    k1 += W1;
  }
  const even = v128.replace_lane<u32>(v128.splat<u32>(c0), 1, c1);
  return v128.replace_lane<u32>(v128.replace_lane<u32>(even, 2, c2), 3, c3);
}

/** One block under the state block (words seed lo, seed hi, step lo, step hi) at `state`. */
export function block_words(state: usize, stream: u32, block: u32): v128 {
  return philox(block, stream, load<u32>(state, 8), load<u32>(state, 12), load<u32>(state), load<u32>(state, 4));
}

/** Lanes 0 and 2, or 1 and 3, of the products of all four lanes of a and b: their low or high words. */
// @ts-ignore: decorator
@inline
function product_words(low_pair: v128, high_pair: v128, upper: bool): v128 {
  return upper ? v128.shuffle<i32>(low_pair, high_pair, 1, 3, 5, 7) : v128.shuffle<i32>(low_pair, high_pair, 0, 2, 4, 6);
}

/** Writes blocks block … block + 3 to dst, 64 bytes: four generators side by side, 1.6 times as fast as one after the other. */
export function four_blocks(dst: usize, state: usize, stream: u32, block: u32): void {
  const m0 = v128.splat<u32>(<u32>M0);
  const m1 = v128.splat<u32>(<u32>M1);
  let c0 = v128.add<i32>(v128.splat<u32>(block), i32x4(0, 1, 2, 3));
  let c1 = v128.splat<u32>(stream);
  let c2 = v128.load32_splat(state, 8);
  let c3 = v128.load32_splat(state, 12);
  let k0 = v128.load32_splat(state);
  let k1 = v128.load32_splat(state, 4);
  for (let round = 0; round < 10; round++) {
    const p0_low = v128.extmul_low<u32>(c0, m0);
    const p0_high = v128.extmul_high<u32>(c0, m0);
    const p1_low = v128.extmul_low<u32>(c2, m1);
    const p1_high = v128.extmul_high<u32>(c2, m1);
    c0 = v128.xor(v128.xor(product_words(p1_low, p1_high, true), c1), k0);
    c2 = v128.xor(v128.xor(product_words(p0_low, p0_high, true), c3), k1);
    c1 = product_words(p1_low, p1_high, false);
    c3 = product_words(p0_low, p0_high, false);
    k0 = v128.add<i32>(k0, v128.splat<u32>(W0));
    k1 = v128.add<i32>(k1, v128.splat<u32>(W1));
  }
  // 4 × 4 transposition: each block's words together
  const even_low = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
  const even_high = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
  const odd_low = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
  const odd_high = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
  v128.store(dst, v128.shuffle<i64>(even_low, odd_low, 0, 2));
  v128.store(dst, v128.shuffle<i64>(even_low, odd_low, 1, 3), 16);
  v128.store(dst, v128.shuffle<i64>(even_high, odd_high, 0, 2), 32);
  v128.store(dst, v128.shuffle<i64>(even_high, odd_high, 1, 3), 48);
}

/** Elements offset … offset + lanes − 1 of two blocks in a row, 0 < offset < lanes: for strips that do not begin with a block. */
export function straddle<T>(first: v128, second: v128, offset: u32): v128 {
  const iota = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const bytes = <i8>(offset * <u32>sizeof<T>());
  const from_first = v128.add<i8>(iota, v128.splat<i8>(bytes)); // swizzle gives 0 for indices past 15
  return v128.or(v128.swizzle(first, from_first), v128.swizzle(second, v128.sub<i8>(from_first, v128.splat<i8>(16))));
}

/** Uniform numbers in [0, 1) from the words of a block: 24 bits of a word, or 53 of two words, the second above the first. */
export function uniform<T>(words: v128): v128 {
  if (sizeof<T>() == 4) {
    return v128.mul<f32>(v128.convert<i32>(v128.shr<u32>(words, 8)), v128.splat<f32>(<f32>5.9604644775390625e-8));
  }
  const bits = v128.shr<u64>(words, 11);
  // Each half goes into the mantissa of a power of two: 2^84 with units of 2^32, and 2^52.
  const upper = v128.sub<f64>(v128.or(v128.shr<u64>(bits, 32), v128.splat<f64>(19342813113834066795298816.0)), v128.splat<f64>(19342813118337666422669312.0));
  const lower = v128.or(v128.and(bits, v128.splat<i64>(0xffffffff)), v128.splat<f64>(4503599627370496.0));
  return v128.mul<f64>(v128.add<f64>(upper, lower), v128.splat<f64>(1.1102230246251565e-16));
}

/** `uniform` of the block; the strip functions that draw share its state layout. imm: [state address, stream]. */
export function uniform_block<T>(imm: usize, block: u32): v128 {
  return uniform<T>(block_words(<usize>load<f64>(imm), <u32>load<f64>(imm, 8), block));
}
