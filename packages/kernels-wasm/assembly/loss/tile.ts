/**
 * What both passes of the linear cross-entropy share: a tile of logits, some rows by some words, made by GEMM and worked on row by row.
 * Layout words at q: rows, channels, words, rows of a tile, words of a tile, bias given, weight without a gradient, ignored label, smoothing (f64).
 * GEMM owns the lower part of a thread's scratch; the row states and GEMM's own parameters lie above it.
 */
import { gemm_f32, gemm_f64 } from "../dense/gemm";
import { scratch } from "../lib/control";
import { lanes, store_partial } from "../lib/simd";

const PARAMETERS: usize = 640 << 10;
/** 32 bytes a row: largest logit, Σ e^(x − largest), logit of the label, Σ x. */
const STATES: usize = PARAMETERS + 1024;
export const STATE_BYTES: usize = 32;

// @ts-ignore: decorator
@inline
export function row_count(q: usize): i32 {
  return load<i32>(q);
}

// @ts-ignore: decorator
@inline
export function channel_count(q: usize): i32 {
  return load<i32>(q, 4);
}

// @ts-ignore: decorator
@inline
export function word_count(q: usize): i32 {
  return load<i32>(q, 8);
}

// @ts-ignore: decorator
@inline
export function tile_rows(q: usize): i32 {
  return load<i32>(q, 12);
}

// @ts-ignore: decorator
@inline
export function tile_words(q: usize): i32 {
  return load<i32>(q, 16);
}

// @ts-ignore: decorator
@inline
export function has_bias(q: usize): bool {
  return load<i32>(q, 20) != 0;
}

/** No gradient is asked for by the weight. */
// @ts-ignore: decorator
@inline
export function stands_still(q: usize): bool {
  return load<i32>(q, 24) != 0;
}

// @ts-ignore: decorator
@inline
export function ignored_label(q: usize): i32 {
  return load<i32>(q, 28);
}

// @ts-ignore: decorator
@inline
export function smoothing_of(q: usize): f64 {
  return load<f64>(q, 32);
}

// @ts-ignore: decorator
@inline
export function state_of(thread: i32, row: i32): usize {
  return scratch(thread) + STATES + <usize>row * STATE_BYTES;
}

/** C = or += op(A)·op(B), all threads together; strides in elements, as in dense/gemm.ts. */
export function product<T>(
  c: usize, a: usize, b: usize, m: i32, n: i32, k: i32, lda: i32, ldb: i32, ldc: i32, trans_a: bool, trans_b: bool, accumulate: bool,
  thread: i32, threads: i32,
): void {
  const g = scratch(thread) + PARAMETERS;
  store<usize>(g, c);
  store<usize>(g, a, 4);
  store<usize>(g, b, 8);
  store<i32>(g, 0, 12);
  store<i32>(g, 0, 16);
  store<i32>(g, m, 20);
  store<i32>(g, n, 24);
  store<i32>(g, k, 28);
  store<i32>(g, lda, 32);
  store<i32>(g, ldb, 36);
  store<i32>(g, ldc, 40);
  store<i32>(g, <i32>trans_a, 44);
  store<i32>(g, <i32>trans_b, 48);
  store<i32>(g, <i32>accumulate, 52);
  store<i32>(g, 0, 56);
  store<i32>(g, 0, 60);
  if (sizeof<T>() == 4) gemm_f32(g, thread, threads);
  else gemm_f64(g, thread, threads);
}

/** Logits without bias of `rows` rows from `row` on and `words` words from `word` on; rows of the tile are tile_words apart. */
// @ts-ignore: decorator
@inline
export function logits<T>(q: usize, tile: usize, x: usize, w: usize, row: i32, rows: i32, word: i32, words: i32, thread: i32, threads: i32): void {
  const c = channel_count(q);
  const bytes = <usize>c * sizeof<T>();
  product<T>(tile, x + <usize>row * bytes, w + <usize>word * bytes, rows, words, c, c, c, tile_words(q), false, true, false, thread, threads);
}

/** y += b. */
export function add_row<T>(y: usize, b: usize, n: i32): void {
  for (let i = 0; i < n; i += lanes<T>()) {
    store_partial<T>(y, v128.add<T>(v128.load(y), v128.load(b)), n - i);
    y += 16;
    b += 16;
  }
}
