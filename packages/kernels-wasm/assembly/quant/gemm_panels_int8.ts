/**
 * C = A · Wᵀ for GGUF's Q8_0, Q4_0 and Q4_1 with activations rounded to int8, a scale a row: integer products inside a block of 32, exact, then one
 * product by the block's scale. Words: C, A, W, ew_slot, ew_params, m, n, k, lda, format. W is repacked once, when it is loaded (src/quant/panels.ts
 * of the engine): panels of eight channels, in each for every block of 32 weights: eight f32 scales, with Q4_1 eight f32 least values, then for every
 * four weights of a row 16 bytes (low nibbles: channels 0 … 3, high ones: 4 … 7) or, with Q8_0, 2 × 16 bytes. So a stream of bytes meets one splat of A.
 * Threads share the panels. No multiply-add is fused, so that both builds give the same bits.
 */
import { EPILOGUE_SCRATCH, scratch } from "../lib/control";
import { epilogue } from "../lib/epilogue";
import { quantize_row, sum_bytes } from "../lib/quant/activations";
import { Q4_0, Q4_1, Q8_0 } from "../lib/quant/unpack";
import { share_begin, share_end } from "../lib/rows";
import { store_partial } from "../lib/simd";

export function gemm_panels_int8_f32(p: usize, thread: i32, threads: i32): void {
  const m = load<i32>(p, 20);
  const n = load<i32>(p, 24);
  const k = load<i32>(p, 28);
  const format = load<i32>(p, 36);
  const panels = (n + 7) >> 3;
  const first = share_begin(panels, 1, thread, threads);
  const last = share_end(panels, 1, thread, threads);
  if (m <= 0 || first >= last) return;
  const blocks = k >> 5;
  const block_bytes: usize = format == Q8_0 ? 288 : format == Q4_0 ? 160 : 192;
  const panel_bytes = <usize>blocks * block_bytes;
  // Scratch per row of A: its bytes, the sum of each block of them, its scale.
  const sums_at = <usize>blocks << 5;
  const a_bytes = sums_at + (<usize>blocks << 2) + 12;
  const limit = max(1, <i32>((EPILOGUE_SCRATCH - 64) / a_bytes));
  const rows = scratch(thread);
  const lda = load<usize>(p, 32) << 2;
  const ldc = <usize>n << 2;
  const slot = load<u32>(p, 12);
  for (let i0 = 0; i0 < m; i0 += limit) {
    const count = min(limit, m - i0);
    for (let r = 0; r < count; r++) {
      const q = rows + <usize>r * a_bytes;
      const scale = quantize_row(q, load<usize>(p, 4) + <usize>(i0 + r) * lda, k);
      for (let b: usize = 0; b < <usize>blocks; b++) store<i32>(q + sums_at + (b << 2), sum_bytes(q + (b << 5), 32));
      store<f32>(q + sums_at + (<usize>blocks << 2), scale);
    }
    for (let panel = first; panel < last; panel++) {
      const w = load<usize>(p, 8) + <usize>panel * panel_bytes;
      const c = load<usize>(p) + <usize>i0 * ldc + (<usize>panel << 5);
      const width = min(8, n - (panel << 3));
      for (let r = 0; r <= count - 2; r += 2) rows_of(format, c + <usize>r * ldc, ldc, rows + <usize>r * a_bytes, a_bytes, w, blocks, width);
    }
    // A row that is left over meets two panels at a time: two streams of weights keep more of memory busy than one.
    if ((count & 1) != 0) {
      const q = rows + <usize>(count - 1) * a_bytes;
      const c = load<usize>(p) + <usize>(i0 + count - 1) * ldc;
      let panel = first;
      for (; panel <= last - 2; panel += 2) {
        panels_of(format, c + (<usize>panel << 5), q, load<usize>(p, 8) + <usize>panel * panel_bytes, panel_bytes, blocks, n - (panel << 3));
      }
      if (panel < last) panel_of(format, c + (<usize>panel << 5), q, load<usize>(p, 8) + <usize>panel * panel_bytes, blocks, n - (panel << 3));
    }
    if (slot != 0) {
      const from = first << 3;
      epilogue(slot, load<usize>(p, 16), i0 * n + from, count, min(n, last << 3) - from, n, thread);
    }
  }
}

/** What a tile's second half is: nothing, the next row, or the next panel. */
const ALONE: i32 = 0;
const ROWS: i32 = 1;
const PANELS: i32 = 2;

function rows_of(format: i32, c: usize, ldc: usize, a: usize, lda: usize, w: usize, blocks: i32, width: i32): void {
  if (format == Q8_0) tile(Q8_0, ROWS, c, ldc, a, lda, w, 0, blocks, width);
  else if (format == Q4_0) tile(Q4_0, ROWS, c, ldc, a, lda, w, 0, blocks, width);
  else tile(Q4_1, ROWS, c, ldc, a, lda, w, 0, blocks, width);
}

function panels_of(format: i32, c: usize, a: usize, w: usize, panel: usize, blocks: i32, width: i32): void {
  if (format == Q8_0) tile(Q8_0, PANELS, c, 0, a, 0, w, panel, blocks, width);
  else if (format == Q4_0) tile(Q4_0, PANELS, c, 0, a, 0, w, panel, blocks, width);
  else tile(Q4_1, PANELS, c, 0, a, 0, w, panel, blocks, width);
}

function panel_of(format: i32, c: usize, a: usize, w: usize, blocks: i32, width: i32): void {
  if (format == Q8_0) tile(Q8_0, ALONE, c, 0, a, 0, w, 0, blocks, width);
  else if (format == Q4_0) tile(Q4_0, ALONE, c, 0, a, 0, w, 0, blocks, width);
  else tile(Q4_1, ALONE, c, 0, a, 0, w, 0, blocks, width);
}

/**
 * c + Σ over four channels' fours of weights times four of a, by channel. w: 0 … 15, or −127 … 127 where SIGNED: then the sign goes over to a, as the
 * second operand of the dot instruction may have none (and as ggml does).
 */
// @ts-ignore: decorator
@inline
function dot(SIGNED: bool, a: v128, w: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (!SIGNED) return i32x4.relaxed_dot_i8x16_i7x16_add_s(a, w, c);
    const sign = v128.lt<i8>(w, v128.splat<i8>(0));
    return i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.sub<i8>(v128.xor(a, sign), sign), v128.abs<i8>(w), c);
  }
  const x = v128.extend_low<i8>(a);
  const low = v128.dot<i16>(x, v128.extend_low<i8>(w));
  const high = v128.dot<i16>(x, v128.extend_high<i8>(w));
  return v128.add<i32>(c, v128.add<i32>(v128.shuffle<i32>(low, high, 0, 2, 4, 6), v128.shuffle<i32>(low, high, 1, 3, 5, 7)));
}

/** One row by eight channels, and as much again: SECOND. FORMAT and SECOND are literals at every call. */
// @ts-ignore: decorator
@inline
function tile(FORMAT: i32, SECOND: i32, c: usize, ldc: usize, a: usize, lda: usize, w: usize, panel: usize, blocks: i32, width: i32): void {
  const sums_at = <usize>blocks << 5;
  const heads: usize = FORMAT == Q4_1 ? 64 : 32;
  let t00 = v128.splat<f32>(0), t01 = t00, t10 = t00, t11 = t00;
  const nibble = v128.splat<u8>(15);
  let a0 = a;
  let sums = a + sums_at;
  for (let block = 0; block < blocks; block++) {
    let s00 = v128.splat<i32>(0), s01 = s00, s10 = s00, s11 = s00;
    let q = w + heads;
    for (const end = a0 + 32; a0 < end; a0 += 4) {
      const x = v128.load32_splat(a0);
      const low = lower(FORMAT, q, nibble);
      const high = upper(FORMAT, q, nibble);
      s00 = dot(FORMAT == Q8_0, x, low, s00);
      s01 = dot(FORMAT == Q8_0, x, high, s01);
      if (SECOND == ROWS) {
        const y = v128.load32_splat(a0 + lda);
        s10 = dot(FORMAT == Q8_0, y, low, s10);
        s11 = dot(FORMAT == Q8_0, y, high, s11);
      } else if (SECOND == PANELS) {
        s10 = dot(FORMAT == Q8_0, x, lower(FORMAT, q + panel, nibble), s10);
        s11 = dot(FORMAT == Q8_0, x, upper(FORMAT, q + panel, nibble), s11);
      }
      q += FORMAT == Q8_0 ? 32 : 16;
    }
    const w1 = SECOND == PANELS ? w + panel : w;
    const sums1 = SECOND == ROWS ? sums + lda : sums;
    if (FORMAT == Q4_0) {
      // (q − 8) d: eight times the block's sum of a is taken off.
      const off = v128.shl<i32>(v128.load32_splat(sums), 3);
      s00 = v128.sub<i32>(s00, off);
      s01 = v128.sub<i32>(s01, off);
      if (SECOND != ALONE) {
        const other = v128.shl<i32>(v128.load32_splat(sums1), 3);
        s10 = v128.sub<i32>(s10, other);
        s11 = v128.sub<i32>(s11, other);
      }
    }
    t00 = v128.add<f32>(t00, v128.mul<f32>(v128.convert<i32>(s00), v128.load(w)));
    t01 = v128.add<f32>(t01, v128.mul<f32>(v128.convert<i32>(s01), v128.load(w, 16)));
    if (SECOND != ALONE) {
      t10 = v128.add<f32>(t10, v128.mul<f32>(v128.convert<i32>(s10), v128.load(w1)));
      t11 = v128.add<f32>(t11, v128.mul<f32>(v128.convert<i32>(s11), v128.load(w1, 16)));
    }
    if (FORMAT == Q4_1) {
      const sum = v128.convert<i32>(v128.load32_splat(sums));
      t00 = v128.add<f32>(t00, v128.mul<f32>(sum, v128.load(w, 32)));
      t01 = v128.add<f32>(t01, v128.mul<f32>(sum, v128.load(w, 48)));
      if (SECOND != ALONE) {
        const other = v128.convert<i32>(v128.load32_splat(sums1));
        t10 = v128.add<f32>(t10, v128.mul<f32>(other, v128.load(w1, 32)));
        t11 = v128.add<f32>(t11, v128.mul<f32>(other, v128.load(w1, 48)));
      }
    }
    w = q;
    sums += 4;
  }
  finish(c, t00, t01, width, load<f32>(sums));
  if (SECOND == ROWS) finish(c + ldc, t10, t11, width, load<f32>(sums + lda));
  if (SECOND == PANELS) finish(c + 32, t10, t11, width - 8, load<f32>(sums));
}

/** Four weights each of channels 0 … 3, and of 4 … 7. */
// @ts-ignore: decorator
@inline
function lower(FORMAT: i32, q: usize, nibble: v128): v128 {
  return FORMAT == Q8_0 ? v128.load(q) : v128.and(v128.load(q), nibble);
}

// @ts-ignore: decorator
@inline
function upper(FORMAT: i32, q: usize, nibble: v128): v128 {
  return FORMAT == Q8_0 ? v128.load(q, 16) : v128.and(v128.shr<u16>(v128.load(q), 4), nibble);
}

// @ts-ignore: decorator
@inline
function finish(c: usize, low: v128, high: v128, width: i32, scale: f32): void {
  const factor = v128.splat<f32>(scale);
  store_partial<f32>(c, v128.mul<f32>(low, factor), width);
  if (width > 4) store_partial<f32>(c + 16, v128.mul<f32>(high, factor), width - 4);
}
