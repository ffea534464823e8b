/**
 * One row of A times stored rows in blocks of 32, as when a model writes: weights become numbers in registers and meet A there; a block's scale multiplies
 * its sum and not each weight. About twice as fast as widening rows in memory first.
 */
import { hsum, madd } from "../simd";
import { load_f16 } from "./half";
import { Q4_0, Q4_1, Q8_0 } from "./unpack";

/** Whether rows of k weights are multiplied here: their blocks' sums must fit half of a thread's scratch. */
export function has_row_dot(format: i32, k: i32): bool {
  return (format == Q8_0 || format == Q4_0 || format == Q4_1) && k <= 1 << 20;
}

/**
 * c[j] = Σ a w[j] for j below `count`, in f32; `sums` is room for 16 bytes a block. Row by row, so that memory is read from end to end: four rows at a time
 * would load A less often, but what fetches ahead does not follow them.
 */
export function row_dot(format: i32, c: usize, a: usize, w: usize, row_bytes: usize, count: i32, blocks: i32, sums: usize): void {
  if (format == Q4_1) sum_blocks(sums, a, blocks);
  for (const end = c + (<usize>count << 2); c < end; c += 4) {
    if (format == Q8_0) store<f32>(c, dot(Q8_0, a, w, blocks, sums));
    else if (format == Q4_0) store<f32>(c, dot(Q4_0, a, w, blocks, sums));
    else store<f32>(c, dot(Q4_1, a, w, blocks, sums));
    w += row_bytes;
  }
}

/** Sums of each block of a, lane by lane: what Q4_1's least values are multiplied with. */
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
function dot(FORMAT: i32, a: usize, w: usize, blocks: i32, sums: usize): f32 {
  const bytes: usize = FORMAT == Q8_0 ? 34 : FORMAT == Q4_0 ? 18 : 20;
  let total = v128.splat<f32>(0);
  for (const end = w + <usize>blocks * bytes; w < end; w += bytes) {
    total = block(FORMAT, w, a, sums, total);
    a += 128;
    sums += 16;
  }
  return hsum<f32>(total);
}

/** total + a block's weights times a, lane by lane. */
// @ts-ignore: decorator
@inline
function block(FORMAT: i32, w: usize, a: usize, sums: usize, total: v128): v128 {
  let low: v128, high: v128;
  if (FORMAT == Q8_0) {
    low = v128.load(w, 2);
    high = v128.load(w, 18);
  } else {
    const q = FORMAT == Q4_0 ? v128.load(w, 2) : v128.load(w, 4);
    low = v128.and(q, v128.splat<u8>(15));
    high = v128.shr<u8>(q, 4);
    if (FORMAT == Q4_0) {
      low = v128.sub<i8>(low, v128.splat<i8>(8));
      high = v128.sub<i8>(high, v128.splat<i8>(8));
    }
  }
  const first = sixteen(low, a);
  const sum = v128.add<f32>(first, sixteen(high, a + 64));
  total = madd<f32>(sum, v128.splat<f32>(load_f16(w)), total);
  return FORMAT == Q4_1 ? madd<f32>(v128.load(sums), v128.splat<f32>(load_f16(w + 2)), total) : total;
}

/** Sixteen signed bytes times a. */
// @ts-ignore: decorator
@inline
function sixteen(q: v128, a: usize): v128 {
  const low = v128.extend_low<i8>(q);
  const high = v128.extend_high<i8>(q);
  let s = v128.mul<f32>(v128.convert<i32>(v128.extend_low<i16>(low)), v128.load(a));
  let t = v128.mul<f32>(v128.convert<i32>(v128.extend_high<i16>(low)), v128.load(a, 16));
  s = madd<f32>(v128.convert<i32>(v128.extend_low<i16>(high)), v128.load(a, 32), s);
  t = madd<f32>(v128.convert<i32>(v128.extend_high<i16>(high)), v128.load(a, 48), t);
  return v128.add<f32>(s, t);
}
