/**
 * C = A · Wᵀ with both as int8: rows of A rounded on the way in, W packed beforehand, exact sums in int32, one rounding per result. Words: C, A, W,
 * ew_slot, ew_params, m, n, k, lda. W is cut into panels of eight channels: their eight f32 scales, then for every four weights of a row
 * 8 × 4 bytes of w + 64 (w in −63 … 63): the dot instruction wants an operand that is never negative (i7), and Σ a (w + 64) − 64 Σ a is Σ a w.
 * Threads share rows where there are many, else panels; sums are exact, so bits never depend on it.
 */
import { EPILOGUE_SCRATCH, scratch } from "../lib/control";
import { epilogue } from "../lib/epilogue";
import { quantize_row, sum_bytes } from "../lib/quant/activations";
import { share_begin, share_end } from "../lib/rows";
import { store_partial } from "../lib/simd";

export function gemm_int8_f32(p: usize, thread: i32, threads: i32): void {
  const m = load<i32>(p, 20);
  const n = load<i32>(p, 24);
  const k = load<i32>(p, 28);
  if (m <= 0 || n <= 0) return;
  const panels = (n + 7) >> 3;
  const groups = (k + 3) >> 2;
  const panel_bytes: usize = <usize>32 + (<usize>groups << 5);
  const by_rows = m >= 4 * threads;
  const i0 = by_rows ? share_begin(m, 4, thread, threads) : 0;
  const i1 = by_rows ? share_end(m, 4, thread, threads) : m;
  const first = by_rows ? 0 : share_begin(panels, 1, thread, threads);
  const last = by_rows ? panels : share_end(panels, 1, thread, threads);
  if (i0 >= i1 || first >= last) return;

  // Scratch: bytes of as many rows as fit, then their scales and sums, then four rows before they are interleaved.
  const row_bytes = <usize>((k + 31) & ~31);
  const limit = min(max(4, <i32>((EPILOGUE_SCRATCH - 32768) / row_bytes - 4) & ~3), 4096);
  const bytes = scratch(thread);
  const scales = bytes + <usize>limit * row_bytes;
  const sums = scales + (<usize>limit << 2);
  const apart = sums + (<usize>limit << 2);
  const lda = load<usize>(p, 32) << 2;
  const ldc = <usize>n << 2;
  for (let i = i0; i < i1; i += limit) {
    const rows = min(limit, i1 - i);
    // Fours of rows lie interleaved, four bytes of each in turn, so that one pointer serves them all; what is left lies row by row.
    const fours = ASC_FEATURE_RELAXED_SIMD ? rows & ~3 : 0;
    for (let r = 0; r < rows; r++) {
      const q = r < fours ? apart + <usize>(r & 3) * row_bytes : bytes + <usize>r * row_bytes;
      store<f32>(scales + (<usize>r << 2), quantize_row(q, load<usize>(p, 4) + <usize>(i + r) * lda, k));
      store<i32>(sums + (<usize>r << 2), sum_bytes(q, <i32>row_bytes) << 6);
      if (r < fours && (r & 3) == 3) interleave(bytes + <usize>(r - 3) * row_bytes, apart, row_bytes);
    }
    for (let panel = first; panel < last; panel++) {
      const w = load<usize>(p, 8) + <usize>panel * panel_bytes;
      const width = min(8, n - (panel << 3));
      const c = load<usize>(p) + <usize>i * ldc + (<usize>panel << 5);
      let r = 0;
      if (ASC_FEATURE_RELAXED_SIMD) {
        for (; r < fours; r += 4) tile(4, c + <usize>r * ldc, ldc, bytes + <usize>r * row_bytes, row_bytes, w, groups, width, scales + (<usize>r << 2), sums + (<usize>r << 2));
      } else {
        for (; r <= rows - 2; r += 2) tile(2, c + <usize>r * ldc, ldc, bytes + <usize>r * row_bytes, row_bytes, w, groups, width, scales + (<usize>r << 2), sums + (<usize>r << 2));
      }
      for (; r < rows; r++) tile(1, c + <usize>r * ldc, ldc, bytes + <usize>r * row_bytes, row_bytes, w, groups, width, scales + (<usize>r << 2), sums + (<usize>r << 2));
    }
    const slot = load<u32>(p, 12);
    if (slot != 0) {
      const from = first << 3;
      epilogue(slot, load<usize>(p, 16), i * n + from, rows, min(n, last << 3) - from, n, thread);
    }
  }
}

/** Four rows at `from`, `bytes` (a multiple of 16) apart, by fours of bytes in turn. */
function interleave(to: usize, from: usize, bytes: usize): void {
  for (const end = from + bytes; from < end; from += 16) {
    const r0 = v128.load(from);
    const r1 = v128.load(from + bytes);
    const r2 = v128.load(from + 2 * bytes);
    const r3 = v128.load(from + 3 * bytes);
    const low01 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
    const low23 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
    const high01 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
    const high23 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2));
    v128.store(to, v128.shuffle<i64>(low01, low23, 1, 3), 16);
    v128.store(to, v128.shuffle<i64>(high01, high23, 0, 2), 32);
    v128.store(to, v128.shuffle<i64>(high01, high23, 1, 3), 48);
    to += 64;
  }
}

/** Four bytes of a, times those of four channels each in b0 and b1. */
// @ts-ignore: decorator
@inline
function dot(a: v128, b: v128, c: v128): v128 {
  return i32x4.relaxed_dot_i8x16_i7x16_add_s(a, b, c);
}

/** R rows by eight channels; R is a literal at every call. In the relaxed build four rows are interleaved, in the other two lie lda apart. */
// @ts-ignore: decorator
@inline
function tile(R: i32, c: usize, ldc: usize, a: usize, lda: usize, w: usize, groups: i32, width: i32, scales: usize, sums: usize): void {
  let c00 = v128.splat<i32>(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  let b = w + 32;
  let a0 = a;
  let a1 = a + lda;
  if (ASC_FEATURE_RELAXED_SIMD) {
    for (const end = b + (<usize>groups << 5); b < end; b += 32) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      let x = v128.load32_splat(a0);
      c00 = dot(x, b0, c00);
      c01 = dot(x, b1, c01);
      if (R > 1) {
        x = v128.load32_splat(a0, 4);
        c10 = dot(x, b0, c10);
        c11 = dot(x, b1, c11);
        x = v128.load32_splat(a0, 8);
        c20 = dot(x, b0, c20);
        c21 = dot(x, b1, c21);
        x = v128.load32_splat(a0, 12);
        c30 = dot(x, b0, c30);
        c31 = dot(x, b1, c31);
      }
      a0 += R > 1 ? 16 : 4;
    }
  } else {
    // Pairs of products; the two pairs of a channel lie side by side until the end.
    let d00 = c00, d01 = c00, d10 = c00, d11 = c00;
    for (const end = b + (<usize>groups << 5); b < end; b += 32) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      const b00 = v128.extend_low<u8>(b0);
      const b01 = v128.extend_high<u8>(b0);
      const b10 = v128.extend_low<u8>(b1);
      const b11 = v128.extend_high<u8>(b1);
      let x = v128.extend_low<i8>(v128.load32_splat(a0));
      c00 = v128.add<i32>(c00, v128.dot<i16>(x, b00));
      c01 = v128.add<i32>(c01, v128.dot<i16>(x, b01));
      d00 = v128.add<i32>(d00, v128.dot<i16>(x, b10));
      d01 = v128.add<i32>(d01, v128.dot<i16>(x, b11));
      if (R > 1) {
        x = v128.extend_low<i8>(v128.load32_splat(a1));
        c10 = v128.add<i32>(c10, v128.dot<i16>(x, b00));
        c11 = v128.add<i32>(c11, v128.dot<i16>(x, b01));
        d10 = v128.add<i32>(d10, v128.dot<i16>(x, b10));
        d11 = v128.add<i32>(d11, v128.dot<i16>(x, b11));
      }
      a0 += 4;
      a1 += 4;
    }
    c00 = joined(c00, c01);
    c01 = joined(d00, d01);
    c10 = joined(c10, c11);
    c11 = joined(d10, d11);
  }
  const s0 = v128.load(w);
  const s1 = v128.load(w, 16);
  finish(c, c00, c01, s0, s1, width, load<f32>(scales), load<i32>(sums));
  if (R > 1) finish(c + ldc, c10, c11, s0, s1, width, load<f32>(scales, 4), load<i32>(sums, 4));
  if (R > 2) finish(c + 2 * ldc, c20, c21, s0, s1, width, load<f32>(scales, 8), load<i32>(sums, 8));
  if (R > 3) finish(c + 3 * ldc, c30, c31, s0, s1, width, load<f32>(scales, 12), load<i32>(sums, 12));
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
