/**
 * Slabs added to the rows that indices name: the gradient of take. Words: output (outer, rows, inner), values (outer, indices, inner), indices (i32),
 * outer, rows, number of indices, inner, padding (a row that stays zero, or -1). Each output element has one owner, who adds in the order of the indices;
 * an index out of range is left out.
 * The positions of each row are chained first, so that a row is written once and never read from memory: a row that nobody names is filled, the first
 * slab of another is copied, the others are added in cache (the idea of llm.c's encoder_backward).
 */
import { EPILOGUE_SCRATCH, scratch } from "../lib/control";
import { share_begin, share_end } from "../lib/rows";
import { lanes, load_partial, store_partial } from "../lib/simd";
import { in_range, report_bad_index } from "./fault";
import { copy_bytes } from "./move";

/** Columns are shared in units of a cache line. */
const LINE: i32 = 16;
/** Numbers that a thread's scratch holds: the first position of each row, and the next one of each position. */
const ROOM: i32 = <i32>(EPILOGUE_SCRATCH >> 2);

// @ts-ignore: decorator
@inline
function scatter_rows<T>(p: usize, thread: i32, threads: i32): void {
  const out = load<usize>(p);
  const values = load<usize>(p, 4);
  const indices = load<usize>(p, 8);
  const outer = load<i32>(p, 12);
  const rows = load<i32>(p, 16);
  const count = load<i32>(p, 20);
  const inner = load<i32>(p, 24);
  const padding = load<i32>(p, 28);
  // Shared by columns where there are enough, for a popular row would keep its one owner busy and the others idle.
  const by_columns = inner >= LINE * threads;
  const first_column = by_columns ? share_begin(inner, LINE, thread, threads) : 0;
  const last_column = by_columns ? share_end(inner, LINE, thread, threads) : inner;
  const first_row = by_columns ? 0 : share_begin(rows, 1, thread, threads);
  const last_row = by_columns ? rows : share_end(rows, 1, thread, threads);
  const width = last_column - first_column;
  const size = <usize>sizeof<T>();
  const start = <usize>first_column * size;
  const dst = out + start;
  const src = values + start;
  const bytes = <usize>inner * size;
  let bad = false;
  for (let k = 0; k < count; k++) bad = bad || !in_range(load<i32>(indices + (<usize>k << 2)), rows);
  if (bad) report_bad_index();
  if (width <= 0 || first_row >= last_row) return;
  // Positions and rows go through in blocks that fit the scratch; one block does for a vocabulary of 100,000 and as many tokens.
  const many = min(count, ROOM / 2);
  const block = min(last_row - first_row, ROOM - many);
  const next = scratch(thread);
  const heads = next + (<usize>many << 2);
  for (let first = first_row; first < last_row; first += block) {
    const last = min(last_row, first + block);
    for (let from = 0; from < max(1, count); from += many) {
      chain(heads, next, indices, first, last, from, min(count, from + many), padding);
      for (let o = 0; o < outer; o++) {
        const to = dst + <usize>o * <usize>rows * bytes;
        add_chains<T>(to, src + (<usize>o * <usize>count + <usize>from) * bytes, heads, next, first, last, bytes, width, from == 0);
      }
      if (many == 0) break;
    }
  }
}

/** Positions from … to of each row first … last: heads[row] is its first, next[position] the one after, both less `from`; -1 ends a chain. */
function chain(heads: usize, next: usize, indices: usize, first: i32, last: i32, from: i32, to: i32, padding: i32): void {
  const rows = last - first;
  memory.fill(heads, 0xff, <usize>rows << 2);
  for (let k = to - 1; k >= from; k--) {
    const row = load<i32>(indices + (<usize>k << 2));
    const own = row - first;
    if (row == padding || !in_range(own, rows)) continue;
    const head = heads + (<usize>own << 2);
    store<i32>(next + (<usize>(k - from) << 2), load<i32>(head));
    store<i32>(head, k - from);
  }
}

/** Rows of `width` elements, `bytes` apart; `fresh`: what is in them does not count. */
// @ts-ignore: decorator
@inline
function add_chains<T>(dst: usize, src: usize, heads: usize, next: usize, first: i32, last: i32, bytes: usize, width: i32, fresh: bool): void {
  const span = <usize>width * sizeof<T>();
  for (let row = first; row < last; ) {
    let k = load<i32>(heads + (<usize>(row - first) << 2));
    const at = dst + <usize>row * bytes;
    row++;
    if (k < 0) {
      if (!fresh) continue;
      // Neighbours that nobody names are filled at one go where a thread has whole rows.
      let run = 1;
      if (span == bytes) {
        for (; row < last && load<i32>(heads + (<usize>(row - first) << 2)) < 0; row++) run++;
      }
      memory.fill(at, 0, span * <usize>run);
      continue;
    }
    if (fresh) {
      copy_bytes(at, src + <usize>k * bytes, <i32>span);
      k = load<i32>(next + (<usize>k << 2));
    }
    for (; k >= 0; k = load<i32>(next + (<usize>k << 2))) add_row<T>(at, src + <usize>k * bytes, width);
  }
}

// @ts-ignore: decorator
@inline
function add_row<T>(dst: usize, src: usize, n: i32): void {
  const step = lanes<T>();
  let i = 0;
  for (; i + 2 * step <= n; i += 2 * step, dst += 32, src += 32) {
    v128.store(dst, v128.add<T>(v128.load(dst), v128.load(src)));
    v128.store(dst, v128.add<T>(v128.load(dst, 16), v128.load(src, 16)), 16);
  }
  for (; i + step <= n; i += step, dst += 16, src += 16) v128.store(dst, v128.add<T>(v128.load(dst), v128.load(src)));
  if (i < n) store_partial<T>(dst, v128.add<T>(load_partial<T>(dst, n - i), load_partial<T>(src, n - i)), n - i);
}

export function scatter_rows_f32(p: usize, thread: i32, threads: i32): void {
  scatter_rows<f32>(p, thread, threads);
}

export function scatter_rows_f64(p: usize, thread: i32, threads: i32): void {
  scatter_rows<f64>(p, thread, threads);
}
