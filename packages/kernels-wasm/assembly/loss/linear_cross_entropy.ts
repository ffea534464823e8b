/**
 * Cross-entropy of logits x Wᵀ + b that never exist whole: a tile of them at a time, for which each row keeps its largest logit and the sum of
 * exponentials as they come (Milakov, Gimelshein 2018, arXiv:1805.02867). Words: loss, lse (both per row), tile, x, W, labels, bias, then as in tile.ts.
 * Threads share a tile's product and then its rows, a barrier between.
 */
import { barrier } from "../lib/barrier";
import { exp_wide } from "../lib/exp";
import { row_exp_sum, row_top } from "../lib/exp_row";
import { row_sum } from "../lib/lane_sum";
import { log_wide } from "../lib/log";
import { share_begin, share_end } from "../lib/rows";
import { k2 } from "../lib/wide";
import { add_row, has_bias, ignored_label, logits, row_count, smoothing_of, state_of, tile_rows, tile_words, word_count } from "./tile";

// @ts-ignore: decorator
@inline
function linear_cross_entropy<T>(p: usize, thread: i32, threads: i32): void {
  const q = p + 28;
  const tile = load<usize>(p, 8);
  const x = load<usize>(p, 12);
  const w = load<usize>(p, 16);
  const labels = load<usize>(p, 20);
  const bias = load<usize>(p, 24);
  const rows = row_count(q);
  const words = word_count(q);
  for (let first = 0; first < rows; first += tile_rows(q)) {
    const height = min(tile_rows(q), rows - first);
    const begin = share_begin(height, 1, thread, threads);
    const end = share_end(height, 1, thread, threads);
    for (let r = begin; r < end; r++) {
      const state = state_of(thread, r - begin);
      store<f64>(state, -Infinity);
      store<f64>(state, 0, 8);
      store<f64>(state, NaN, 16);
      store<f64>(state, 0, 24);
    }
    for (let word = 0; word < words; word += tile_words(q)) {
      const width = min(tile_words(q), words - word);
      logits<T>(q, tile, x, w, first, height, word, width, thread, threads);
      if (!barrier(threads)) return;
      for (let r = begin; r < end; r++) {
        const row = tile + <usize>r * <usize>tile_words(q) * sizeof<T>();
        if (has_bias(q)) add_row<T>(row, bias + <usize>word * sizeof<T>(), width);
        take_row<T>(state_of(thread, r - begin), row, width, load<i32>(labels + (<usize>(first + r) << 2)) - word, smoothing_of(q) != 0);
      }
      if (!barrier(threads)) return;
    }
    for (let r = begin; r < end; r++) {
      const state = state_of(thread, r - begin);
      const label = load<i32>(labels + (<usize>(first + r) << 2));
      const lse = load<f64>(state) + f64x2.extract_lane(log_wide<f64>(k2(load<f64>(state, 8))), 0);
      let loss: f64 = 0;
      if (label != ignored_label(q)) {
        const s = smoothing_of(q);
        loss = s == 1 ? 0 : (1 - s) * (lse - load<f64>(state, 16));
        if (s != 0) loss += s * (lse - load<f64>(state, 24) / <f64>words);
        // One NaN for all: the sign of a computed one is left open by wasm and differs between tiers of the compiler.
        if (<u32>label >= <u32>words || loss != loss) loss = NaN;
      }
      const to = <usize>(first + r) * sizeof<T>();
      store<T>(load<usize>(p) + to, <T>loss);
      store<T>(load<usize>(p, 4) + to, <T>(lse == lse ? lse : NaN));
    }
  }
}

/** A row's state after n more logits, of which number `label` is the label's, if it is among them. */
function take_row<T>(state: usize, row: usize, n: i32, label: i32, smooth: bool): void {
  const before = load<f64>(state);
  const largest = max<f64>(before, row_top<T>(row, n));
  let sum = load<f64>(state, 8);
  if (largest == -Infinity) {
    // Nothing but −Inf so far, which adds nothing, or NaN, which stays.
    const total = row_sum<T>(row, n);
    if (total != total) sum = NaN;
  } else {
    if (largest > before && sum != 0) sum *= f64x2.extract_lane(exp_wide<f64>(k2(before - largest)), 0);
    sum += row_exp_sum<T>(row, n, largest);
  }
  store<f64>(state, largest);
  store<f64>(state, sum, 8);
  if (<u32>label < <u32>n) store<f64>(state, <f64>load<T>(row + <usize>label * sizeof<T>()), 16);
  if (smooth) store<f64>(state, load<f64>(state, 24) + row_sum<T>(row, n), 24);
}

export function linear_cross_entropy_f32(p: usize, thread: i32, threads: i32): void {
  linear_cross_entropy<f32>(p, thread, threads);
}

export function linear_cross_entropy_f64(p: usize, thread: i32, threads: i32): void {
  linear_cross_entropy<f64>(p, thread, threads);
}
