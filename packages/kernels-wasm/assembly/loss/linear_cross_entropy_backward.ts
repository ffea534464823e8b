/**
 * Gradients of the linear cross-entropy by x, W and bias: each tile of logits is computed again, becomes dlogits = dp · softmax − dy · q in place, and
 * goes at once into dx += dlogits W, dW += dlogitsᵀ x unless the weight stands still, db += Σ dlogits. With the forward pass that is four products;
 * none needs more than a tile.
 * Words: dx, dW, db, tile, x, W, labels, lse, dp, dy, bias, then as in tile.ts. Tiles go by words first, so that dW is written once and not per tile.
 */
import { barrier } from "../lib/barrier";
import { row_exp } from "../lib/exp_row";
import { share_begin, share_end } from "../lib/rows";
import { lanes, madd, store_partial } from "../lib/simd";
import { add_row, channel_count, has_bias, ignored_label, logits, product, row_count, smoothing_of, stands_still, tile_rows, tile_words, word_count } from "./tile";

// @ts-ignore: decorator
@inline
function linear_cross_entropy_backward<T>(p: usize, thread: i32, threads: i32): void {
  const q = p + 44;
  const dx = load<usize>(p);
  const dw = load<usize>(p, 4);
  const db = load<usize>(p, 8);
  const tile = load<usize>(p, 12);
  const x = load<usize>(p, 16);
  const w = load<usize>(p, 20);
  const bias = load<usize>(p, 40);
  const rows = row_count(q);
  const words = word_count(q);
  const c = channel_count(q);
  const bytes = <usize>c * sizeof<T>();
  const ld = tile_words(q);
  if (rows <= 0) {
    // Nothing flows back: the sums over no rows.
    const from = share_begin(words, 16, thread, threads);
    const count = <usize>(share_end(words, 16, thread, threads) - from);
    if (!stands_still(q)) memory.fill(dw + <usize>from * bytes, 0, count * bytes);
    if (has_bias(q)) memory.fill(db + <usize>from * sizeof<T>(), 0, count * sizeof<T>());
    return;
  }
  for (let word = 0; word < words; word += ld) {
    const width = min(ld, words - word);
    for (let first = 0; first < rows; first += tile_rows(q)) {
      const height = min(tile_rows(q), rows - first);
      logits<T>(q, tile, x, w, first, height, word, width, thread, threads);
      if (!barrier(threads)) return;
      const end = share_end(height, 1, thread, threads);
      for (let r = share_begin(height, 1, thread, threads); r < end; r++) {
        const row = tile + <usize>r * <usize>ld * sizeof<T>();
        if (has_bias(q)) add_row<T>(row, bias + <usize>word * sizeof<T>(), width);
        slope<T>(p, q, row, width, first + r, word);
      }
      if (!barrier(threads)) return;
      const own = x + <usize>first * bytes;
      const vectors = w + <usize>word * bytes;
      product<T>(dx + <usize>first * bytes, tile, vectors, height, c, width, ld, c, c, false, false, word > 0, thread, threads);
      if (!stands_still(q)) product<T>(dw + <usize>word * bytes, tile, own, width, c, height, ld, c, c, true, false, first > 0, thread, threads);
      if (has_bias(q)) column_sums<T>(db + <usize>word * sizeof<T>(), tile, height, width, ld, first == 0, thread, threads);
      if (!barrier(threads)) return;
    }
  }
}

/** A row of n logits from `word` on becomes their gradient. */
// @ts-ignore: decorator
@inline
function slope<T>(p: usize, q: usize, row: usize, n: i32, index: i32, word: i32): void {
  const at = <usize>index * sizeof<T>();
  const label = load<i32>(load<usize>(p, 24) + (<usize>index << 2));
  const dp = <f64>load<T>(load<usize>(p, 32) + at);
  const ignored = label == ignored_label(q);
  if (ignored && dp == 0) {
    memory.fill(row, 0, <usize>n * sizeof<T>());
    return;
  }
  if (!ignored && <u32>label >= <u32>word_count(q)) {
    for (let i = 0; i < n; i++) store<T>(row + <usize>i * sizeof<T>(), <T>NaN);
    return;
  }
  const dy = ignored ? 0 : <f64>load<T>(load<usize>(p, 36) + at);
  const share = (dy * smoothing_of(q)) / <f64>word_count(q);
  row_exp<T>(row, row, n, <f64>load<T>(load<usize>(p, 28) + at));
  const chosen = row + <usize>(label - word) * sizeof<T>();
  const inside = !ignored && <u32>(label - word) < <u32>n;
  // Where p nears 1 the difference is taken before it is rounded.
  const difference = inside ? <f64>load<T>(chosen) * dp - dy * (1 - smoothing_of(q)) - share : 0;
  scale_row<T>(row, n, dp, -share);
  if (inside) store<T>(chosen, <T>difference);
}

/** y = y · factor + offset. */
function scale_row<T>(y: usize, n: i32, factor: f64, offset: f64): void {
  const f = v128.splat<T>(<T>factor);
  const o = v128.splat<T>(<T>offset);
  for (let i = 0; i < n; i += lanes<T>()) {
    store_partial<T>(y, madd<T>(v128.load(y), f, o), n - i);
    y += 16;
  }
}

/** db = or += Σ over rows; threads share the columns. */
function column_sums<T>(db: usize, tile: usize, rows: i32, columns: i32, ld: i32, fresh: bool, thread: i32, threads: i32): void {
  const bytes = <usize>ld * sizeof<T>();
  const end = share_end(columns, 16, thread, threads);
  for (let c = share_begin(columns, 16, thread, threads); c < end; c += lanes<T>()) {
    const at = <usize>c * sizeof<T>();
    let total = v128.splat<i32>(0);
    let from = tile + at;
    for (let r = 0; r < rows; r++, from += bytes) total = v128.add<T>(total, v128.load(from));
    store_partial<T>(db + at, fresh ? total : v128.add<T>(v128.load(db + at), total), end - c);
  }
}

export function linear_cross_entropy_backward_f32(p: usize, thread: i32, threads: i32): void {
  linear_cross_entropy_backward<f32>(p, thread, threads);
}

export function linear_cross_entropy_backward_f64(p: usize, thread: i32, threads: i32): void {
  linear_cross_entropy_backward<f64>(p, thread, threads);
}
