/**
 * One row of A times stored rows in blocks of 32, as when a model writes: weights become numbers in registers and meet A there; a block's scale multiplies
 * its sum and not each weight. About three times as fast as widening rows in memory first.
 */
import { hidden_zero, pin32, pin_words } from "../pin";
import { hsum, madd } from "../simd";
import { widen_in_place } from "./half";
import { Q4_0, Q4_1, Q8_0 } from "./unpack";

/** Whether rows of k weights are multiplied here: their blocks' sums and scales must fit a thread's scratch. */
export function has_row_dot(format: i32, k: i32): bool {
  return (format == Q8_0 || format == Q4_0 || format == Q4_1) && k <= 1 << 19;
}

/**
 * c[j] = Σ a w[j] for j below `count`, in f32; `sums` is room for 24 bytes a block, and 32. Row by row, so that memory is read from end to end: four rows at a time
 * would load A less often, but what fetches ahead does not follow them.
 */
export function row_dot(format: i32, c: usize, a: usize, w: usize, row_bytes: usize, count: i32, blocks: i32, sums: usize): void {
  if (format == Q8_0) return rows_q8_0(c, a, w, row_bytes, count, blocks, sums);
  sum_blocks(sums, a, blocks);
  if (format == Q4_0) rows_q4_0(c, a, w, row_bytes, count, blocks, sums);
  else rows_q4_1(c, a, w, row_bytes, count, blocks, sums);
}

// Functions of their own: in branches of one, Binaryen makes one loop of them that asks for the format.
function rows_q8_0(c: usize, a: usize, w: usize, row_bytes: usize, count: i32, blocks: i32, sums: usize): void {
  rows(Q8_0, c, a, w, row_bytes, count, blocks, sums);
}
function rows_q4_0(c: usize, a: usize, w: usize, row_bytes: usize, count: i32, blocks: i32, sums: usize): void {
  rows(Q4_0, c, a, w, row_bytes, count, blocks, sums);
}
function rows_q4_1(c: usize, a: usize, w: usize, row_bytes: usize, count: i32, blocks: i32, sums: usize): void {
  rows(Q4_1, c, a, w, row_bytes, count, blocks, sums);
}

/** Sums of each block of a, lane by lane: what Q4_1's least values, or Q4_0's −8, are multiplied with. */
function sum_blocks(sums: usize, a: usize, blocks: i32): void {
  for (let b = 0; b < blocks; b++) {
    let sum = v128.load(a);
    for (let i: usize = 16; i < 128; i += 16) sum = v128.add<f32>(sum, v128.load(a + i));
    v128.store(sums + (<usize>b << 4), sum);
    a += 128;
  }
}

/** FORMAT is a literal at every call. */
// @ts-ignore: decorator
@inline
function rows(FORMAT: i32, c: usize, a: usize, w: usize, row_bytes: usize, count: i32, blocks: i32, sums: usize): void {
  const bytes: usize = FORMAT == Q8_0 ? 34 : FORMAT == Q4_0 ? 18 : 20;
  const scales = sums + (<usize>blocks << 4);
  const least = scales + (<usize>blocks << 2) + 16;
  const zero = hidden_zero(count);
  const nibble = pin_words(0x0f0f0f0f, zero);
  const eight = pin32(-8, zero);
  const places = pin_words(FORMAT == Q8_0 ? 0x00808080 : 0x80808000, zero);
  // Bytes 0 … 3 of sixteen to the lowest byte of each lane, as numbers from 0 to 15; of Q8_0 to the highest, from where they are shifted down with their sign.
  const step = pin_words(FORMAT == Q8_0 ? 0x04000000 : 4, zero);
  const first = v128.add<i32>(places, FORMAT == Q8_0 ? i32x4(0, 0x01000000, 0x02000000, 0x03000000) : i32x4(0, 1, 2, 3));
  const second = v128.add<i32>(first, step);
  const third = v128.add<i32>(second, step);
  const fourth = v128.add<i32>(third, step);
  for (const last = c + (<usize>count << 2); c < last; c += 4) {
    // Before the sum, so that it has registers enough: a total on the stack is a chain of 12 cycles a block.
    const end = w + <usize>blocks * bytes;
    let d = scales;
    for (let at = w; at < end; at += bytes) {
      store<u32>(d, load<u16>(at));
      if (FORMAT == Q4_1) store<u32>(d + (least - scales), load<u16>(at, 2));
      d += 4;
    }
    widen_in_place(scales, blocks);
    if (FORMAT == Q4_1) widen_in_place(least, blocks);
    d = scales;
    let total = v128.splat<f32>(0);
    let x = a;
    let sum = sums;
    for (let at = w; at < end; at += bytes) {
      const q = FORMAT == Q4_1 ? v128.load(at, 4) : v128.load(at, 2);
      const low = FORMAT == Q8_0 ? q : v128.and(q, nibble);
      const high = FORMAT == Q8_0 ? v128.load(at, 18) : v128.and(v128.shr<u16>(q, 4), nibble);
      let s = v128.mul<f32>(number(FORMAT, low, first), v128.load(x));
      let t = v128.mul<f32>(number(FORMAT, high, first), v128.load(x, 64));
      s = madd<f32>(number(FORMAT, low, second), v128.load(x, 16), s);
      t = madd<f32>(number(FORMAT, high, second), v128.load(x, 80), t);
      s = madd<f32>(number(FORMAT, low, third), v128.load(x, 32), s);
      t = madd<f32>(number(FORMAT, high, third), v128.load(x, 96), t);
      s = madd<f32>(number(FORMAT, low, fourth), v128.load(x, 48), s);
      t = madd<f32>(number(FORMAT, high, fourth), v128.load(x, 112), t);
      s = v128.add<f32>(s, t);
      if (FORMAT == Q4_0) s = madd<f32>(v128.load(sum), eight, s);
      if (FORMAT == Q4_1) total = madd<f32>(v128.load(sum), v128.load32_splat(d + (least - scales)), total);
      total = madd<f32>(s, v128.load32_splat(d), total);
      x += 128;
      sum += 16;
      d += 4;
    }
    store<f32>(c, hsum<f32>(total));
    w += row_bytes;
  }
}

/** Four bytes of q as numbers; `places` says which, and zeros around them. */
// @ts-ignore: decorator
@inline
function number(FORMAT: i32, q: v128, places: v128): v128 {
  const lanes = ASC_FEATURE_RELAXED_SIMD ? i8x16.relaxed_swizzle(q, places) : v128.swizzle(q, places);
  return v128.convert<i32>(FORMAT == Q8_0 ? v128.shr<i32>(lanes, 24) : lanes);
}
