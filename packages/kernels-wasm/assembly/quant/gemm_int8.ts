/**
 * C = A · Wᵀ with both as int8: rows of A rounded on the way in, W packed beforehand, exact sums in int32, one rounding per result. Words: C, A, W,
 * ew_slot, ew_params, m, n, k, lda, format, bytes of a panel. W is cut into panels of eight channels: their eight f32 scales, then for every four weights of a row
 * 8 × 4 bytes of w + 64 (w in −63 … 63): the dot instruction wants an operand that is never negative (i7), and Σ a (w + 64) − 64 Σ a is Σ a w; then the
 * weights in f32 of the columns that stay exact, eight a column, and the columns' numbers. Their products are added last, without fused multiply-add.
 * Threads share rows where there are many, else panels; sums are exact, so bits never depend on it, nor on how products are made: by the dot
 * instruction, one instruction where a processor has it (AVX-VNNI, ARM) and five elsewhere; there by its two halves, three instructions (the host sets
 * DOT_IMITATED by timing both); or, on the baseline build, by products of 16 bits, widened once for all rows.
 */
import { DOT_IMITATED, EPILOGUE_SCRATCH, scratch } from "../lib/control";
import { epilogue } from "../lib/epilogue";
import { quantize_row, sum_bytes } from "../lib/quant/activations";
import { interleave, interleave_wide, widen_panel } from "../lib/quant/interleave";
import { outliers_in, tail_of } from "../lib/quant/panels";
import { I8 } from "../lib/quant/unpack";
import { share_begin, share_end } from "../lib/rows";
import { load_partial, store_partial } from "../lib/simd";

export function gemm_int8_f32(p: usize, thread: i32, threads: i32): void {
  const m = load<i32>(p, 20);
  const n = load<i32>(p, 24);
  const k = load<i32>(p, 28);
  if (m <= 0 || n <= 0) return;
  const panels = (n + 7) >> 3;
  const groups = (k + 3) >> 2;
  const panel_bytes = load<usize>(p, 40);
  const tail = tail_of(I8, k);
  const outliers = outliers_in(I8, panel_bytes, k);
  const by_rows = m >= 4 * threads;
  const i0 = by_rows ? share_begin(m, 4, thread, threads) : 0;
  const i1 = by_rows ? share_end(m, 4, thread, threads) : m;
  const first = by_rows ? 0 : share_begin(panels, 1, thread, threads);
  const last = by_rows ? panels : share_end(panels, 1, thread, threads);
  if (i0 >= i1 || first >= last) return;

  // Scratch: rows as bytes or, where they are multiplied wide, as words; their scales, sums and exact columns; four rows before they are interleaved; a
  // widened panel.
  const wide = !ASC_FEATURE_RELAXED_SIMD;
  const imitated = ASC_FEATURE_RELAXED_SIMD && load<i32>(DOT_IMITATED) != 0;
  const row_bytes = <usize>((k + 31) & ~31);
  const each = wide ? 2 * row_bytes : row_bytes;
  const panel_space = wide ? row_bytes << 4 : 0;
  const room = (<i32>EPILOGUE_SCRATCH - 32768 - <i32>panel_space - <i32>(4 * row_bytes)) / <i32>(each + (<usize>outliers << 2));
  // Rows so long that four do not fit go one by one.
  const limit = room < 4 ? 1 : min(room & ~3, 4096);
  const store_rows = scratch(thread);
  const scales = store_rows + <usize>limit * each;
  const sums = scales + (<usize>limit << 2);
  const exact = sums + (<usize>limit << 2);
  const apart = exact + ((<usize>limit * <usize>outliers) << 2);
  const widened = apart + 4 * row_bytes;
  const columns = load<usize>(p, 8) + tail + (<usize>outliers << 5);
  const lda = load<usize>(p, 32) << 2;
  const ldc = <usize>n << 2;
  for (let i = i0; i < i1; i += limit) {
    const rows = min(limit, i1 - i);
    // Fours of rows lie interleaved, so that one pointer serves them all; what is left lies row by row, as bytes.
    const fours = rows & ~3;
    for (let r = 0; r < rows; r++) {
      const q = r < fours ? apart + <usize>(r & 3) * row_bytes : store_rows + <usize>r * each;
      const own = exact + ((<usize>r * <usize>outliers) << 2);
      store<f32>(scales + (<usize>r << 2), quantize_row(q, load<usize>(p, 4) + <usize>(i + r) * lda, k, columns, outliers, own));
      store<i32>(sums + (<usize>r << 2), sum_bytes(q, <i32>row_bytes) << 6);
      if (r < fours && (r & 3) == 3) {
        const to = store_rows + <usize>(r - 3) * each;
        if (wide) interleave_wide(to, apart, row_bytes);
        else interleave(to, apart, row_bytes);
      }
    }
    for (let panel = first; panel < last; panel++) {
      const w = load<usize>(p, 8) + <usize>panel * panel_bytes;
      const width = min(8, n - (panel << 3));
      const c = load<usize>(p) + <usize>i * ldc + (<usize>panel << 5);
      let r = 0;
      if (wide) {
        if (fours > 0) widen_panel(widened, w + 32, groups);
        for (; r < fours; r += 4) wide_tile(c + <usize>r * ldc, ldc, store_rows + <usize>r * each, widened, w, groups, width, scales + (<usize>r << 2));
      } else {
        for (; r < fours; r += 4) {
          const a = store_rows + <usize>r * each;
          if (imitated) imitated_tile(c + <usize>r * ldc, ldc, a, w, groups, width, scales + (<usize>r << 2), sums + (<usize>r << 2));
          else native_tile(c + <usize>r * ldc, ldc, a, w, groups, width, scales + (<usize>r << 2), sums + (<usize>r << 2));
        }
      }
      if (outliers > 0) {
        r = 0;
        if (width == 8) {
          for (; r < fours; r += 4) add_four_exact(c + <usize>r * ldc, ldc, exact + ((<usize>r * <usize>outliers) << 2), w + tail, outliers);
        }
        for (; r < fours; r++) add_exact(c + <usize>r * ldc, exact + ((<usize>r * <usize>outliers) << 2), w + tail, outliers, width);
      }
    }
    for (let r = fours; r < rows; r++) {
      const c = load<usize>(p) + <usize>(i + r) * ldc;
      const q = store_rows + <usize>r * each;
      // Panels from end to end: what fetches ahead follows one stream (29 GB/s) better than four (12).
      for (let panel = first; panel < last; panel++) {
        const w = load<usize>(p, 8) + <usize>panel * panel_bytes;
        const scale = load<f32>(scales + (<usize>r << 2));
        const sum = load<i32>(sums + (<usize>r << 2));
        if (imitated) row(true, c + (<usize>panel << 5), q, w, groups, n - (panel << 3), scale, sum);
        else row(false, c + (<usize>panel << 5), q, w, groups, n - (panel << 3), scale, sum);
        if (outliers > 0) add_exact(c + (<usize>panel << 5), exact + ((<usize>r * <usize>outliers) << 2), w + tail, outliers, n - (panel << 3));
      }
    }
    const slot = load<u32>(p, 12);
    if (slot != 0) {
      const from = first << 3;
      epilogue(slot, load<usize>(p, 16), i * n + from, rows, min(n, last << 3) - from, n, thread);
    }
  }
}

/** Adds the products of four rows with the exact weights of eight channels. */
function add_four_exact(c: usize, ldc: usize, x: usize, w: usize, outliers: i32): void {
  const row = <usize>outliers << 2;
  const c1 = c + ldc;
  const c2 = c1 + ldc;
  const c3 = c2 + ldc;
  let c00 = v128.load(c), c01 = v128.load(c, 16), c10 = v128.load(c1), c11 = v128.load(c1, 16);
  let c20 = v128.load(c2), c21 = v128.load(c2, 16), c30 = v128.load(c3), c31 = v128.load(c3, 16);
  for (const end = x + row; x < end; x += 4) {
    const w0 = v128.load(w);
    const w1 = v128.load(w, 16);
    let a = v128.load32_splat(x);
    c00 = v128.add<f32>(c00, v128.mul<f32>(a, w0));
    c01 = v128.add<f32>(c01, v128.mul<f32>(a, w1));
    a = v128.load32_splat(x + row);
    c10 = v128.add<f32>(c10, v128.mul<f32>(a, w0));
    c11 = v128.add<f32>(c11, v128.mul<f32>(a, w1));
    a = v128.load32_splat(x + 2 * row);
    c20 = v128.add<f32>(c20, v128.mul<f32>(a, w0));
    c21 = v128.add<f32>(c21, v128.mul<f32>(a, w1));
    a = v128.load32_splat(x + 3 * row);
    c30 = v128.add<f32>(c30, v128.mul<f32>(a, w0));
    c31 = v128.add<f32>(c31, v128.mul<f32>(a, w1));
    w += 32;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c1, c10);
  v128.store(c1, c11, 16);
  v128.store(c2, c20);
  v128.store(c2, c21, 16);
  v128.store(c3, c30);
  v128.store(c3, c31, 16);
}

/** Adds a row's products with the exact weights of up to eight channels. */
function add_exact(c: usize, x: usize, w: usize, outliers: i32, width: i32): void {
  let low = load_partial<f32>(c, width);
  let high = width > 4 ? load_partial<f32>(c + 16, width - 4) : v128.splat<f32>(0);
  for (let e = 0; e < outliers; e++) {
    const a = v128.load32_splat(x);
    low = v128.add<f32>(low, v128.mul<f32>(a, v128.load(w)));
    high = v128.add<f32>(high, v128.mul<f32>(a, v128.load(w, 16)));
    x += 4;
    w += 32;
  }
  store_partial<f32>(c, low, width);
  if (width > 4) store_partial<f32>(c + 16, high, width - 4);
}

/** c + four bytes of a, times those of four channels in b. IMITATED is a literal at every call. */
// @ts-ignore: decorator
@inline
function dot(IMITATED: bool, a: v128, b: v128, c: v128): v128 {
  if (!IMITATED) return i32x4.relaxed_dot_i8x16_i7x16_add_s(a, b, c);
  return v128.add<i32>(c, v128.extadd_pairwise<i16>(i16x8.relaxed_dot_i8x16_i7x16_s(a, b)));
}

function native_tile(c: usize, ldc: usize, a: usize, w: usize, groups: i32, width: i32, scales: usize, sums: usize): void {
  tile(false, c, ldc, a, w, groups, width, scales, sums);
}
function imitated_tile(c: usize, ldc: usize, a: usize, w: usize, groups: i32, width: i32, scales: usize, sums: usize): void {
  tile(true, c, ldc, a, w, groups, width, scales, sums);
}

/** Four interleaved rows by eight channels. */
// @ts-ignore: decorator
@inline
function tile(IMITATED: bool, c: usize, ldc: usize, a: usize, w: usize, groups: i32, width: i32, scales: usize, sums: usize): void {
  let c00 = v128.splat<i32>(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  let b = w + 32;
  for (const end = b + (<usize>groups << 5); b < end; b += 32) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = dot(IMITATED, x, b0, c00);
    c01 = dot(IMITATED, x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = dot(IMITATED, x, b0, c10);
    c11 = dot(IMITATED, x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = dot(IMITATED, x, b0, c20);
    c21 = dot(IMITATED, x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = dot(IMITATED, x, b0, c30);
    c31 = dot(IMITATED, x, b1, c31);
    a += 16;
  }
  const s0 = v128.load(w);
  const s1 = v128.load(w, 16);
  finish(c, c00, c01, s0, s1, width, load<f32>(scales), load<i32>(sums));
  finish(c + ldc, c10, c11, s0, s1, width, load<f32>(scales, 4), load<i32>(sums, 4));
  finish(c + 2 * ldc, c20, c21, s0, s1, width, load<f32>(scales, 8), load<i32>(sums, 8));
  finish(c + 3 * ldc, c30, c31, s0, s1, width, load<f32>(scales, 12), load<i32>(sums, 12));
}

/** The same in products of 16 bits; `b` is the widened panel, whose offset is gone. */
function wide_tile(c: usize, ldc: usize, a: usize, b: usize, w: usize, groups: i32, width: i32, scales: usize): void {
  let c00 = v128.splat<i32>(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  for (const end = b + (<usize>groups << 6); b < end; b += 32) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = v128.add<i32>(c00, v128.dot<i16>(x, b0));
    c01 = v128.add<i32>(c01, v128.dot<i16>(x, b1));
    x = v128.load32_splat(a, 4);
    c10 = v128.add<i32>(c10, v128.dot<i16>(x, b0));
    c11 = v128.add<i32>(c11, v128.dot<i16>(x, b1));
    x = v128.load32_splat(a, 8);
    c20 = v128.add<i32>(c20, v128.dot<i16>(x, b0));
    c21 = v128.add<i32>(c21, v128.dot<i16>(x, b1));
    x = v128.load32_splat(a, 12);
    c30 = v128.add<i32>(c30, v128.dot<i16>(x, b0));
    c31 = v128.add<i32>(c31, v128.dot<i16>(x, b1));
    a += 16;
  }
  const s0 = v128.load(w);
  const s1 = v128.load(w, 16);
  finish(c, c00, c01, s0, s1, width, load<f32>(scales), 0);
  finish(c + ldc, c10, c11, s0, s1, width, load<f32>(scales, 4), 0);
  finish(c + 2 * ldc, c20, c21, s0, s1, width, load<f32>(scales, 8), 0);
  finish(c + 3 * ldc, c30, c31, s0, s1, width, load<f32>(scales, 12), 0);
}

/** One row by eight channels. */
// @ts-ignore: decorator
@inline
function row(IMITATED: bool, c: usize, a: usize, w: usize, groups: i32, width: i32, scale: f32, sum: i32): void {
  let c0 = v128.splat<i32>(0), c1 = c0, c2 = c0, c3 = c0;
  let b = w + 32;
  const end = b + (<usize>groups << 5);
  if (ASC_FEATURE_RELAXED_SIMD) {
    // Two groups a turn: what a core waits for from memory it has asked for the earlier, the fewer instructions lie between.
    for (const pairs = end - 32; b < pairs; b += 64) {
      let x = v128.load32_splat(a);
      c0 = dot(IMITATED, x, v128.load(b), c0);
      c1 = dot(IMITATED, x, v128.load(b, 16), c1);
      x = v128.load32_splat(a, 4);
      c0 = dot(IMITATED, x, v128.load(b, 32), c0);
      c1 = dot(IMITATED, x, v128.load(b, 48), c1);
      a += 8;
    }
  }
  for (; b < end; b += 32) {
    const x = v128.load32_splat(a);
    if (ASC_FEATURE_RELAXED_SIMD) {
      c0 = dot(IMITATED, x, v128.load(b), c0);
      c1 = dot(IMITATED, x, v128.load(b, 16), c1);
    } else {
      // Pairs of products; the two pairs of a channel lie side by side until the end.
      const y = v128.extend_low<i8>(x);
      const low = v128.load(b);
      const high = v128.load(b, 16);
      c0 = v128.add<i32>(c0, v128.dot<i16>(y, v128.extend_low<u8>(low)));
      c1 = v128.add<i32>(c1, v128.dot<i16>(y, v128.extend_high<u8>(low)));
      c2 = v128.add<i32>(c2, v128.dot<i16>(y, v128.extend_low<u8>(high)));
      c3 = v128.add<i32>(c3, v128.dot<i16>(y, v128.extend_high<u8>(high)));
    }
    a += 4;
  }
  if (!ASC_FEATURE_RELAXED_SIMD) {
    c0 = joined(c0, c1);
    c1 = joined(c2, c3);
  }
  finish(c, c0, c1, v128.load(w), v128.load(w, 16), min(8, width), scale, sum);
}

/** Sums of neighbouring lanes of both. */
// @ts-ignore: decorator
@inline
function joined(x: v128, y: v128): v128 {
  return v128.add<i32>(v128.shuffle<i32>(x, y, 0, 2, 4, 6), v128.shuffle<i32>(x, y, 1, 3, 5, 7));
}

// @ts-ignore: decorator
@inline
function finish(c: usize, low: v128, high: v128, s0: v128, s1: v128, width: i32, scale: f32, sum: i32): void {
  const shift = v128.splat<i32>(sum);
  const factor = v128.splat<f32>(scale);
  store_partial<f32>(c, v128.mul<f32>(v128.convert<i32>(v128.sub<i32>(low, shift)), v128.mul<f32>(s0, factor)), width);
  if (width > 4) store_partial<f32>(c + 16, v128.mul<f32>(v128.convert<i32>(v128.sub<i32>(high, shift)), v128.mul<f32>(s1, factor)), width - 4);
}
