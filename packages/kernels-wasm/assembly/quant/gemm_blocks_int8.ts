/**
 * C = A · Wᵀ for GGUF's Q8_0, Q4_0 and Q4_1 blocks with activations rounded to int8, a scale a row: integer products inside a block of 32, exact,
 * then one product by the block's scale. Words: C, A, W, ew_slot, ew_params, m, n, k, lda, format, bytes of a stored row. Threads share the channels.
 * No multiply-add is fused, so that both builds give the same bits.
 */
import { EPILOGUE_SCRATCH, scratch } from "../lib/control";
import { epilogue } from "../lib/epilogue";
import { quantize_row, sum_bytes } from "../lib/quant/activations";
import { load_f16 } from "../lib/quant/half";
import { Q4_0, Q4_1, Q8_0 } from "../lib/quant/unpack";
import { share_begin, share_end } from "../lib/rows";
import { hsum } from "../lib/simd";

export function gemm_blocks_int8_f32(p: usize, thread: i32, threads: i32): void {
  const m = load<i32>(p, 20);
  const n = load<i32>(p, 24);
  const k = load<i32>(p, 28);
  const j0 = share_begin(n, 4, thread, threads);
  const j1 = share_end(n, 4, thread, threads);
  if (m <= 0 || j0 >= j1) return;
  const format = load<i32>(p, 36);
  const row_bytes = load<usize>(p, 40);
  const blocks = k >> 5;
  // Scratch per row of A: its bytes, then what a block's offset takes from lane 0 (16 bytes a block), then its scale.
  const a_bytes = (<usize>blocks << 5) + (<usize>blocks << 4) + 16;
  const limit = max(1, <i32>(EPILOGUE_SCRATCH / a_bytes));
  const rows = scratch(thread);
  const lda = load<usize>(p, 32) << 2;
  const ldc = <usize>n << 2;
  const slot = load<u32>(p, 12);
  for (let i0 = 0; i0 < m; i0 += limit) {
    const count = min(limit, m - i0);
    for (let r = 0; r < count; r++) {
      const q = rows + <usize>r * a_bytes;
      const scale = quantize_row(q, load<usize>(p, 4) + <usize>(i0 + r) * lda, k);
      const sums = q + (<usize>blocks << 5);
      for (let b: usize = 0; b < <usize>blocks; b++) {
        v128.store(sums + (b << 4), v128.replace_lane<i32>(v128.splat<i32>(0), 0, sum_bytes(q + (b << 5), 32)));
      }
      store<f32>(sums + (<usize>blocks << 4), scale);
    }
    for (let j = j0; j < j1; j++) {
      const w = load<usize>(p, 8) + <usize>j * row_bytes;
      const c = load<usize>(p) + <usize>i0 * ldc + (<usize>j << 2);
      for (let r = 0; r < count; r++) {
        const q = rows + <usize>r * a_bytes;
        const sums = q + (<usize>blocks << 5);
        let total: f32 = 0;
        if (format == Q8_0) total = dot_q8(w, q, blocks);
        else if (format == Q4_0) total = dot_q4(false, w, q, sums, blocks);
        else if (format == Q4_1) total = dot_q4(true, w, q, sums, blocks);
        store<f32>(c + <usize>r * ldc, total * load<f32>(sums + (<usize>blocks << 4)));
      }
    }
    if (slot != 0) epilogue(slot, load<usize>(p, 16), i0 * n + j0, count, j1 - j0, n, thread);
  }
}

/** Σ of products of 16 signed bytes each, by fours. */
// @ts-ignore: decorator
@inline
function signed_dot(w: v128, a: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    // The second operand may have no sign: it goes to the first, as ggml does.
    // A comparison, as x86 has no shift of bytes.
    const sign = v128.lt<i8>(w, v128.splat<i8>(0));
    return i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.sub<i8>(v128.xor(a, sign), sign), v128.abs<i8>(w), v128.splat<i32>(0));
  }
  const low = v128.dot<i16>(v128.extend_low<i8>(w), v128.extend_low<i8>(a));
  const high = v128.dot<i16>(v128.extend_high<i8>(w), v128.extend_high<i8>(a));
  return fours(low, high);
}

/** The same for w in 0 … 15. */
// @ts-ignore: decorator
@inline
function nibble_dot(w: v128, a: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(a, w, c);
  const low = v128.dot<i16>(v128.extend_low<i8>(w), v128.extend_low<i8>(a));
  const high = v128.dot<i16>(v128.extend_high<i8>(w), v128.extend_high<i8>(a));
  return v128.add<i32>(c, fours(low, high));
}

/** Sums of neighbouring lanes, so that lanes mean the same as those of the relaxed instruction. */
// @ts-ignore: decorator
@inline
function fours(low: v128, high: v128): v128 {
  return v128.add<i32>(v128.shuffle<i32>(low, high, 0, 2, 4, 6), v128.shuffle<i32>(low, high, 1, 3, 5, 7));
}

function dot_q8(w: usize, a: usize, blocks: i32): f32 {
  let total = v128.splat<f32>(0);
  for (; blocks > 0; blocks--) {
    const sum = v128.add<i32>(signed_dot(v128.load(w, 2), v128.load(a)), signed_dot(v128.load(w, 18), v128.load(a, 16)));
    total = v128.add<f32>(total, v128.mul<f32>(v128.convert<i32>(sum), v128.splat<f32>(load_f16(w))));
    w += 34;
    a += 32;
  }
  return hsum<f32>(total);
}

/** LEAST: q·d + m (Q4_1), else (q − 8)·d (Q4_0); a literal at every call. */
// @ts-ignore: decorator
@inline
function dot_q4(LEAST: bool, w: usize, a: usize, sums: usize, blocks: i32): f32 {
  let total = v128.splat<f32>(0);
  const nibble = v128.splat<u8>(15);
  for (; blocks > 0; blocks--) {
    const q = v128.load(LEAST ? w + 4 : w + 2);
    let sum = nibble_dot(v128.and(q, nibble), v128.load(a), v128.splat<i32>(0));
    sum = nibble_dot(v128.shr<u8>(q, 4), v128.load(a, 16), sum);
    const d = v128.splat<f32>(load_f16(w));
    const block_sum = v128.load(sums);
    if (LEAST) {
      total = v128.add<f32>(total, v128.mul<f32>(v128.convert<i32>(sum), d));
      total = v128.add<f32>(total, v128.mul<f32>(v128.convert<i32>(block_sum), v128.splat<f32>(load_f16(w + 2))));
      w += 20;
    } else {
      total = v128.add<f32>(total, v128.mul<f32>(v128.convert<i32>(v128.sub<i32>(sum, v128.shl<i32>(block_sum, 3))), d));
      w += 18;
    }
    a += 32;
    sums += 16;
  }
  return hsum<f32>(total);
}
