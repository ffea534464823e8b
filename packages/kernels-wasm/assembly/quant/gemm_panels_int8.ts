/**
 * C = A · Wᵀ for GGUF's Q8_0, Q4_0 and Q4_1 with activations rounded to int8, a scale a row: integer products inside a block of 32, exact, then one
 * product by the block's scale. Words: C, A, W, ew_slot, ew_params, m, n, k, lda, format. W is repacked once, when it is loaded (src/quant/panels.ts
 * of the engine): panels of eight channels, in each for every block of 32 weights: eight f32 scales, with Q4_1 eight f32 least values, then for every
 * four weights of a row 16 bytes (low nibbles: channels 0 … 3, high ones: 4 … 7) or, with Q8_0, 2 × 16 bytes. So a stream of bytes meets one splat of A.
 * Threads share the panels. Sums of integers are exact and no multiply-add is fused, so that both builds and all ways give the same bits.
 *
 * Three ways to multiply: BYTES, the dot instruction, where a processor has it (the host sets DOT_IMITATED by timing); elsewhere it takes V8 five instructions,
 * and Q4's go in PAIRS, products of bytes added up in 16 bits, which a block of 32 cannot overflow (8 · 2 · 127 · 15 < 2¹⁵): two instructions;
 * Q8_0's go in WORDS, as do all on the baseline build: weights widened to 16 bits by the load.
 */
import { DOT_IMITATED, EPILOGUE_SCRATCH, scratch } from "../lib/control";
import { epilogue } from "../lib/epilogue";
import { hidden_zero, pin_bytes } from "../lib/pin";
import { quantize_row, sum_bytes, widen_bytes } from "../lib/quant/activations";
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
  const way = !ASC_FEATURE_RELAXED_SIMD ? WORDS : load<i32>(DOT_IMITATED) == 0 ? BYTES : format == Q8_0 ? WORDS : PAIRS;
  // Scratch per row of A: its bytes or words, the sum of each block of them, its scale; room for the bytes of one before they are widened.
  const sums_at = <usize>blocks << (way == WORDS ? 6 : 5);
  const a_bytes = sums_at + (<usize>blocks << 2) + 12;
  const rows = scratch(thread) + (way == WORDS ? <usize>blocks << 5 : 0);
  const limit = max(1, <i32>((scratch(thread) + EPILOGUE_SCRATCH - 64 - rows) / a_bytes));
  const lda = load<usize>(p, 32) << 2;
  const ldc = <usize>n << 2;
  const slot = load<u32>(p, 12);
  for (let i0 = 0; i0 < m; i0 += limit) {
    const count = min(limit, m - i0);
    for (let r = 0; r < count; r++) {
      const row = rows + <usize>r * a_bytes;
      const q = way == WORDS ? scratch(thread) : row;
      const scale = quantize_row(q, load<usize>(p, 4) + <usize>(i0 + r) * lda, k);
      for (let b: usize = 0; b < <usize>blocks; b++) store<i32>(row + sums_at + (b << 2), sum_bytes(q + (b << 5), 32));
      store<f32>(row + sums_at + (<usize>blocks << 2), scale);
      if (way == WORDS) widen_bytes(row, q, k);
    }
    for (let panel = first; panel < last; panel++) {
      const w = load<usize>(p, 8) + <usize>panel * panel_bytes;
      const c = load<usize>(p) + <usize>i0 * ldc + (<usize>panel << 5);
      const width = min(8, n - (panel << 3));
      for (let r = 0; r <= count - 2; r += 2) tile_of(true, way, format, c + <usize>r * ldc, ldc, rows + <usize>r * a_bytes, a_bytes, w, blocks, width);
    }
    // A row that is left over reads the panels from end to end: what fetches ahead follows one stream (28 GB/s) better than two (12).
    if ((count & 1) != 0) {
      const row = rows + <usize>(count - 1) * a_bytes;
      const c = load<usize>(p) + <usize>(i0 + count - 1) * ldc;
      for (let panel = first; panel < last; panel++) {
        tile_of(false, way, format, c + (<usize>panel << 5), 0, row, 0, load<usize>(p, 8) + <usize>panel * panel_bytes, blocks, n - (panel << 3));
      }
    }
    if (slot != 0) {
      const from = first << 3;
      epilogue(slot, load<usize>(p, 16), i0 * n + from, count, min(n, last << 3) - from, n, thread);
    }
  }
}

const BYTES: i32 = 0;
const PAIRS: i32 = 1;
const WORDS: i32 = 2;

/** TWO is a literal. */
// @ts-ignore: decorator
@inline
function tile_of(TWO: bool, way: i32, format: i32, c: usize, ldc: usize, a: usize, lda: usize, w: usize, blocks: i32, width: i32): void {
  if (format == Q8_0) {
    if (!ASC_FEATURE_RELAXED_SIMD || way == WORDS) tile(Q8_0, TWO, WORDS, c, ldc, a, lda, w, blocks, width);
    else tile(Q8_0, TWO, BYTES, c, ldc, a, lda, w, blocks, width);
  } else if (format == Q4_0) {
    if (!ASC_FEATURE_RELAXED_SIMD) tile(Q4_0, TWO, WORDS, c, ldc, a, lda, w, blocks, width);
    else if (way == BYTES) tile(Q4_0, TWO, BYTES, c, ldc, a, lda, w, blocks, width);
    else tile(Q4_0, TWO, PAIRS, c, ldc, a, lda, w, blocks, width);
  } else {
    if (!ASC_FEATURE_RELAXED_SIMD) tile(Q4_1, TWO, WORDS, c, ldc, a, lda, w, blocks, width);
    else if (way == BYTES) tile(Q4_1, TWO, BYTES, c, ldc, a, lda, w, blocks, width);
    else tile(Q4_1, TWO, PAIRS, c, ldc, a, lda, w, blocks, width);
  }
}

/** One row, or TWO, by eight channels. FORMAT, TWO and WAY are literals at every call. */
// @ts-ignore: decorator
@inline
function tile(FORMAT: i32, TWO: bool, WAY: i32, c: usize, ldc: usize, a: usize, lda: usize, w: usize, blocks: i32, width: i32): void {
  const heads: usize = FORMAT == Q4_1 ? 64 : 32;
  const four: usize = FORMAT == Q8_0 ? 32 : 16;
  let t00 = v128.splat<f32>(0), t01 = t00, t10 = t00, t11 = t00;
  const nibble = pin_bytes(15, hidden_zero(blocks));
  let sums = a + (<usize>blocks << (WAY == WORDS ? 6 : 5));
  for (let block = 0; block < blocks; block++) {
    // Of channels 0 … 3 and 4 … 7; of WORDS, of 0 and 1, 2 and 3, 4 and 5, 6 and 7, each in two halves.
    let s00 = v128.splat<i32>(0), s01 = s00, s02 = s00, s03 = s00, s10 = s00, s11 = s00, s12 = s00, s13 = s00;
    let q = w + heads;
    if (WAY == WORDS) {
      for (const end = q + 8 * four; q < end; q += four) {
        let low = words(FORMAT, 0, q);
        let high = words(FORMAT, 1, q);
        const x = v128.load64_splat(a);
        const y = TWO ? v128.load64_splat(a + lda) : x;
        s00 = v128.add<i32>(s00, v128.dot<i16>(x, low));
        s01 = v128.add<i32>(s01, v128.dot<i16>(x, high));
        if (TWO) { s10 = v128.add<i32>(s10, v128.dot<i16>(y, low)); s11 = v128.add<i32>(s11, v128.dot<i16>(y, high)); }
        low = words(FORMAT, 2, q);
        high = words(FORMAT, 3, q);
        s02 = v128.add<i32>(s02, v128.dot<i16>(x, low));
        s03 = v128.add<i32>(s03, v128.dot<i16>(x, high));
        if (TWO) { s12 = v128.add<i32>(s12, v128.dot<i16>(y, low)); s13 = v128.add<i32>(s13, v128.dot<i16>(y, high)); }
        a += 8;
      }
      s00 = joined(s00, s01);
      s01 = joined(s02, s03);
      if (TWO) { s10 = joined(s10, s11); s11 = joined(s12, s13); }
    } else {
      for (const end = q + 8 * four; q < end; q += four) {
        const raw = v128.load(q);
        const low = FORMAT == Q8_0 ? raw : v128.and(raw, nibble);
        const high = FORMAT == Q8_0 ? v128.load(q, 16) : v128.and(v128.shr<u16>(raw, 4), nibble);
        const x = v128.load32_splat(a);
        s00 = dot(FORMAT, WAY, x, low, s00);
        s01 = dot(FORMAT, WAY, x, high, s01);
        if (TWO) { const y = v128.load32_splat(a + lda); s10 = dot(FORMAT, WAY, y, low, s10); s11 = dot(FORMAT, WAY, y, high, s11); }
        a += 4;
      }
      if (WAY == PAIRS) {
        s00 = v128.extadd_pairwise<i16>(s00);
        s01 = v128.extadd_pairwise<i16>(s01);
        if (TWO) { s10 = v128.extadd_pairwise<i16>(s10); s11 = v128.extadd_pairwise<i16>(s11); }
      }
    }
    if (FORMAT == Q4_0) {
      // (q − 8) d: eight times the block's sum of a is taken off.
      const off = v128.shl<i32>(v128.load32_splat(sums), 3);
      s00 = v128.sub<i32>(s00, off);
      s01 = v128.sub<i32>(s01, off);
      if (TWO) {
        const other = v128.shl<i32>(v128.load32_splat(sums + lda), 3);
        s10 = v128.sub<i32>(s10, other);
        s11 = v128.sub<i32>(s11, other);
      }
    }
    t00 = v128.add<f32>(t00, v128.mul<f32>(v128.convert<i32>(s00), v128.load(w)));
    t01 = v128.add<f32>(t01, v128.mul<f32>(v128.convert<i32>(s01), v128.load(w, 16)));
    if (TWO) {
      t10 = v128.add<f32>(t10, v128.mul<f32>(v128.convert<i32>(s10), v128.load(w)));
      t11 = v128.add<f32>(t11, v128.mul<f32>(v128.convert<i32>(s11), v128.load(w, 16)));
    }
    if (FORMAT == Q4_1) {
      const sum = v128.convert<i32>(v128.load32_splat(sums));
      t00 = v128.add<f32>(t00, v128.mul<f32>(sum, v128.load(w, 32)));
      t01 = v128.add<f32>(t01, v128.mul<f32>(sum, v128.load(w, 48)));
      if (TWO) {
        const other = v128.convert<i32>(v128.load32_splat(sums + lda));
        t10 = v128.add<f32>(t10, v128.mul<f32>(other, v128.load(w, 32)));
        t11 = v128.add<f32>(t11, v128.mul<f32>(other, v128.load(w, 48)));
      }
    }
    w = q;
    sums += 4;
  }
  finish(c, t00, t01, width, load<f32>(sums));
  if (TWO) finish(c + ldc, t10, t11, width, load<f32>(sums + lda));
}

/**
 * c + four channels' fours of weights times four of a, by channel, or by its pairs in 16 bits. w: 0 … 15, or with Q8_0 −127 … 127: then the sign goes
 * over to a, as the second operand of the dot instruction may have none (and as ggml does).
 */
// @ts-ignore: decorator
@inline
function dot(FORMAT: i32, WAY: i32, a: v128, w: v128, c: v128): v128 {
  if (!ASC_FEATURE_RELAXED_SIMD) return unreachable();
  if (WAY == PAIRS) return v128.add<i16>(c, i16x8.relaxed_dot_i8x16_i7x16_s(a, w));
  if (FORMAT != Q8_0) return i32x4.relaxed_dot_i8x16_i7x16_add_s(a, w, c);
  const sign = v128.lt<i8>(w, v128.splat<i8>(0));
  return i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.sub<i8>(v128.xor(a, sign), sign), v128.abs<i8>(w), c);
}

/** Four weights each of channels 2 · PAIR and 2 · PAIR + 1 as words; PAIR is a literal. */
// @ts-ignore: decorator
@inline
function words(FORMAT: i32, PAIR: i32, q: usize): v128 {
  if (FORMAT == Q8_0) {
    if (PAIR == 0) return v128.load_ext<i8>(q);
    if (PAIR == 1) return v128.load_ext<i8>(q, 8);
    return PAIR == 2 ? v128.load_ext<i8>(q, 16) : v128.load_ext<i8>(q, 24);
  }
  const bytes = (PAIR & 1) == 0 ? v128.load_ext<u8>(q) : v128.load_ext<u8>(q, 8);
  return PAIR < 2 ? v128.and(bytes, v128.splat<i16>(15)) : v128.shr<u16>(bytes, 4);
}

/** Sums of neighbouring lanes of both. */
// @ts-ignore: decorator
@inline
function joined(x: v128, y: v128): v128 {
  return v128.add<i32>(v128.shuffle<i32>(x, y, 0, 2, 4, 6), v128.shuffle<i32>(x, y, 1, 3, 5, 7));
}

// @ts-ignore: decorator
@inline
function finish(c: usize, low: v128, high: v128, width: i32, scale: f32): void {
  const factor = v128.splat<f32>(scale);
  store_partial<f32>(c, v128.mul<f32>(low, factor), width);
  if (width > 4) store_partial<f32>(c + 16, v128.mul<f32>(high, factor), width - 4);
}
