/**
 * Blocks of attention in a thread's scratch: rows of queries and keys (rotated where asked), packed panels of keys and values, scores, and the
 * passes of softmax over a row of scores. A block is BR queries by BC keys; all sizes follow from the head's and the type's, never from threads.
 */
import { MR } from "../../dense/table";
import { pack_b, pack_b_transposed } from "../../dense/pack";
import { strip_adjacent, strip_rows } from "../../dense/tile";
import { exp_wide } from "../exp";
import { top_of } from "../exp_row";
import { block_words, four_blocks, uniform } from "../philox";
import { share_begin, share_end, strip_begin } from "../rows";
import { hsum, lanes, load_partial } from "../simd";
import { high, k2, low } from "../wide";
import {
  bias_row, bias_stride, cos_row, dense_q, dropout_index, dropout_rate, has_bias, has_lse_gradient, has_mask, has_rope, is_interleaved, k_row, k_stride, mask_row,
  q_row, q_stride, random_state, rotated_half, sin_row, stream_of, v_row, v_stride,
} from "./problem";
import { rotate, scale_row } from "./rotate";

/** Bytes of a row beyond which blocks are halved, so that all regions fit a thread's scratch. */
const WIDE: i32 = 512;

/** Queries of a block: strips of 6 rows; enough to repay packing keys. */
export function block_queries<T>(d: i32): i32 {
  return d * <i32>sizeof<T>() > WIDE ? 48 : 96;
}

/** Keys of a block. */
export function block_keys<T>(d: i32): i32 {
  return d * <i32>sizeof<T>() > WIDE ? 64 : 128;
}

/**
 * From so many queries on, a head's rows are touched before they are read: its few cache lines of each lie as far apart as all heads are wide, and in the
 * midst of arithmetic the wait for each is in full (16 sequences of 64 tokens, 12 heads of 32: 17 cycles a score, 14 with).
 */
export const FEW: i32 = 8;

/** Blocks of a sequence's queries: equal shares of at most `most`. */
// @ts-ignore: decorator
@inline
export function blocks_of(length: i32, most: i32): i32 {
  return (length + most - 1) / most;
}

/** n rounded up to whole panels: two vectors. */
// @ts-ignore: decorator
@inline
export function whole<T>(n: i32): i32 {
  return (n + 2 * lanes<T>() - 1) & ~(2 * lanes<T>() - 1);
}

/** Rows i0 … i0 + n − 1 of q without gaps, rotated for `position` on, times `factor`. */
export function load_queries<T>(to: usize, x: usize, b: i32, h: i32, i0: i32, n: i32, d: i32, position: i32, factor: T): void {
  load_rows<T>(to, q_row<T>(x, b, h, i0), q_stride<T>(x), x, n, d, position, factor);
}

/** Rows j0 … j0 + n − 1 of k, likewise; a key's position is its place in the sequence. */
export function load_keys<T>(to: usize, x: usize, b: i32, h: i32, j0: i32, n: i32, d: i32): void {
  load_rows<T>(to, k_row<T>(x, b, h, j0), k_stride<T>(x), x, n, d, j0, 1);
}

function load_rows<T>(to: usize, from: usize, stride: usize, x: usize, n: i32, d: i32, position: i32, factor: T): void {
  const half = rotated_half(x);
  for (let i = 0; i < n; i++) {
    if (has_rope(x)) rotate<T>(to, from, d, half, cos_row<T>(x, position + i), sin_row<T>(x, position + i), 1, factor, is_interleaved(x));
    else scale_row<T>(to, from, d, factor);
    to += <usize>d * sizeof<T>();
    from += stride;
  }
}

/** Turns rows of a gradient back, n rows of d elements `stride` bytes apart. */
export function unrotate<T>(rows: usize, stride: usize, x: usize, n: i32, d: i32, position: i32): void {
  if (!has_rope(x)) return;
  for (let i = 0; i < n; i++) {
    rotate<T>(rows, rows, d, rotated_half(x), cos_row<T>(x, position + i), sin_row<T>(x, position + i), -1, 1, is_interleaved(x));
    rows += stride;
  }
}

/** Keys j0 … j0 + n − 1 as panels of the transposed matrix (d × n). `rows` holds two vectors' worth of rows when keys are rotated. */
export function pack_keys<T>(to: usize, rows: usize, x: usize, b: i32, h: i32, j0: i32, n: i32, d: i32): void {
  if (!has_rope(x)) {
    pack_b_transposed<T>(to, k_row<T>(x, b, h, j0), k_stride<T>(x), n, d);
    return;
  }
  const width = 2 * lanes<T>();
  for (let j = 0; j < n; j += width) {
    load_keys<T>(rows, x, b, h, j0 + j, min(width, n - j), d);
    pack_b_transposed<T>(to, rows, <usize>d * sizeof<T>(), min(width, n - j), d);
    to += <usize>d << 5;
  }
}

/** Values j0 … j0 + n − 1 as panels of the matrix (n × dv). */
export function pack_values<T>(to: usize, x: usize, b: i32, h: i32, j0: i32, n: i32, dv: i32): void {
  pack_b<T>(to, v_row<T>(x, b, h, j0), v_stride<T>(x), dv, n);
}

/** Values as panels of the transposed matrix (dv × n). */
export function pack_values_transposed<T>(to: usize, x: usize, b: i32, h: i32, j0: i32, n: i32, dv: i32): void {
  pack_b_transposed<T>(to, v_row<T>(x, b, h, j0), v_stride<T>(x), n, dv);
}

/** Of row r of a block, keys before reach + r + 1 are in sight; this much means all of them. */
export const FAR: i32 = 1 << 30;

/** C (m × n) = A (m × k) · B, B in panels; strides in bytes. Columns out of sight of all rows of a strip are left as they are. */
export function scores_product<T>(c: usize, ldc: usize, a: usize, lda: usize, b: usize, m: i32, n: i32, k: i32, reach: i32, room: usize): void {
  const strips = (m + MR - 1) / MR;
  for (let s = 0; s < strips; s++) {
    const i = strip_begin(m, MR, s);
    const rows = strip_begin(m, MR, s + 1) - i;
    const seen = min(n, reach + i + rows);
    if (seen > 0) strip_rows<T>(rows, a + <usize>i * lda, lda, b, 32, <usize>k << 5, c + <usize>i * ldc, ldc, seen, k, true, room);
  }
}

/** C (m × n) = or += A (m × k) · B, B in panels or, where panel is 32, rows bs apart. A is zero out of sight, and is not read there. */
export function weights_product<T>(
  c: usize, ldc: usize, a: usize, lda: usize, b: usize, bs: usize, panel: usize, m: i32, n: i32, k: i32, fresh: bool, reach: i32, room: usize,
): void {
  const strips = (m + MR - 1) / MR;
  for (let s = 0; s < strips; s++) {
    const i = strip_begin(m, MR, s);
    const rows = strip_begin(m, MR, s + 1) - i;
    const seen = min(k, reach + i + rows);
    const to = c + <usize>i * ldc;
    if (seen > 0) strip_rows<T>(rows, a + <usize>i * lda, lda, b, bs, panel, to, ldc, n, seen, fresh, room);
    else if (fresh) for (let r: usize = 0; r < <usize>rows; r++) memory.fill(to + r * ldc, 0, <usize>n * sizeof<T>());
  }
}

/** C (m × n) += Aᵀ · B for A stored (k × m) with rows lda apart, from the first row that has a strip's columns in sight. */
export function transposed_product<T>(
  c: usize, ldc: usize, a: usize, lda: usize, b: usize, bs: usize, m: i32, n: i32, k: i32, reach: i32,
): void {
  const strips = (m + MR - 1) / MR;
  for (let s = 0; s < strips; s++) {
    const i = share_begin(m, 1, s, strips);
    const rows = share_end(m, 1, s, strips) - i;
    const first = max(0, i - reach);
    if (first < k) {
      strip_adjacent<T>(
        rows, a + <usize>i * sizeof<T>() + <usize>first * lda, lda, b + <usize>first * bs, bs, 32, c + <usize>i * ldc, ldc, n, k - first, false,
      );
    }
  }
}

/** 0 or −Inf for each of n keys: what the key mask adds to their scores. */
export function mask_scores<T>(to: usize, x: usize, b: i32, j0: i32, n: i32): void {
  const mask = mask_row(x, b, j0);
  for (let j: usize = 0; j < <usize>n; j++) store<T>(to + j * sizeof<T>(), load<u8>(mask + j) != 0 ? <T>0 : <T>-Infinity);
}

/** Adds bias and mask to a row of n scores and hides those behind them to the end of their last whole panel, whose length it returns. */
export function finish_scores<T>(s: usize, x: usize, b: i32, h: i32, i: i32, j0: i32, n: i32, masks: usize): i32 {
  if (n <= 0) return 0;
  if (has_bias(x)) {
    let bias = bias_row<T>(x, b, h, i, j0);
    const stride = bias_stride<T>(x);
    for (let j: usize = 0; j < <usize>n; j++) {
      store<T>(s + j * sizeof<T>(), load<T>(s + j * sizeof<T>()) + load<T>(bias));
      bias += stride;
    }
  }
  if (has_mask(x)) {
    for (let j: usize = 0; j < <usize>n * sizeof<T>(); j += 16) v128.store(s + j, v128.add<T>(v128.load(s + j), v128.load(masks + j)));
  }
  const width = whole<T>(n);
  const end = <usize>width * sizeof<T>();
  for (let j = <usize>n * sizeof<T>(); j < end; j += sizeof<T>()) store<T>(s + j, <T>-Infinity);
  return width;
}

/** Clears a row of `width` elements behind the first n. */
// @ts-ignore: decorator
@inline
export function clear_rest<T>(row: usize, n: i32, width: i32): void {
  if (width > n) memory.fill(row + <usize>n * sizeof<T>(), 0, <usize>(width - n) * sizeof<T>());
}

/** Largest of n scores, n whole panels, NaN left out as in row_top; −Inf if there is none. */
export function largest<T>(s: usize, n: i32): f64 {
  let a = v128.splat<T>(<T>-Infinity);
  let b = a;
  for (const end = s + <usize>n * sizeof<T>(); s < end; s += 32) {
    a = v128.pmax<T>(a, v128.load(s));
    b = v128.pmax<T>(b, v128.load(s, 16));
  }
  return top_of<T>(v128.pmax<T>(a, b));
}

/** Zero or 1/(1 − rate) for n weights (whole panels) of query i from key j0 (a multiple of 4) on, a function of the element's index alone. */
export function dropout_factors<T>(to: usize, x: usize, b: i32, h: i32, i: i32, j0: i32, n: i32): void {
  const rate = dropout_rate(x);
  const bound = v128.splat<T>(<T>rate);
  const kept = v128.splat<T>(<T>(1.0 / (1.0 - rate)));
  const state = random_state(x);
  const stream = stream_of(x);
  let block = (dropout_index(x, b, h, i) + <u32>j0) / <u32>lanes<T>();
  const end = to + <usize>n * sizeof<T>();
  for (; to + 64 <= end; to += 64) {
    four_blocks(to, state, stream, block);
    for (let k: usize = 0; k < 64; k += 16) v128.store(to + k, v128.and(v128.ge<T>(uniform<T>(v128.load(to + k)), bound), kept));
    block += 4;
  }
  for (; to < end; to += 16) {
    v128.store(to, v128.and(v128.ge<T>(uniform<T>(block_words(state, stream, block)), bound), kept));
    block++;
  }
}

/** y = y · f, n whole panels. */
export function multiply<T>(y: usize, f: usize, n: i32): void {
  for (let j: usize = 0; j < <usize>n * sizeof<T>(); j += 16) v128.store(y + j, v128.mul<T>(v128.load(y + j), v128.load(f + j)));
}

/** e^x of one number. */
// @ts-ignore: decorator
@inline
export function scalar_exp(x: f64): f64 {
  return f64x2.extract_lane(exp_wide<f64>(k2(x)), 0);
}

/** Clears rows of `width` elements from `first` (nothing where it is negative) up to `end`: tokens that belong to no sequence. */
export function clear_rows<T>(base: usize, first: i32, end: i32, width: i32): void {
  if (first >= 0 && end > first) memory.fill(base + <usize>(first * width) * sizeof<T>(), 0, <usize>((end - first) * width) * sizeof<T>());
}

/** What is taken from a row's slopes by its weights: Σ do·o, less dlse where that has a gradient. */
export function delta<T>(x: usize, b: i32, h: i32, i: i32, dout: usize, o: usize, dv: i32, dlse: usize): f64 {
  const sum = dot<T>(dout, o, dv);
  return has_lse_gradient(x) ? sum - <f64>load<T>(dlse + <usize>dense_q(x, b, h, i) * sizeof<T>()) : sum;
}

/** g = w (g f − delta) and w = w f, n whole panels; f = 1 without dropout. */
export function slope<T>(g: usize, w: usize, f: usize, n: i32, delta: f64, dropout: bool): void {
  const shift = v128.splat<T>(<T>delta);
  for (let j: usize = 0; j < <usize>n * sizeof<T>(); j += 16) {
    const weight = v128.load(w + j);
    let slopes = v128.load(g + j);
    if (dropout) {
      const factor = v128.load(f + j);
      slopes = v128.mul<T>(slopes, factor);
      v128.store(w + j, v128.mul<T>(weight, factor));
    }
    v128.store(g + j, v128.mul<T>(weight, v128.sub<T>(slopes, shift)));
  }
}

/** Σ a·b of n elements, in f64. */
function dot<T>(a: usize, b: usize, n: i32): f64 {
  let sum = v128.splat<f64>(0);
  let rest = v128.splat<f64>(0);
  for (let i = 0; i < n; i += lanes<T>()) {
    const u = load_partial<T>(a, n - i);
    const v = load_partial<T>(b, n - i);
    if (sizeof<T>() == 4) {
      sum = v128.add<f64>(sum, v128.mul<f64>(low(u), low(v)));
      rest = v128.add<f64>(rest, v128.mul<f64>(high(u), high(v)));
    } else {
      sum = v128.add<f64>(sum, v128.mul<f64>(u, v));
    }
    a += 16;
    b += 16;
  }
  return hsum<f64>(v128.add<f64>(sum, rest));
}
