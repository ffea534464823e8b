/**
 * Slabs added to the rows that indices name: the gradient of take. Words: output (outer, rows, inner), values (outer, indices, inner), indices (i32),
 * outer, rows, number of indices, inner, padding (a row that stays zero, or -1). Each output element has one owner, who adds in the order of the indices;
 * an index out of range is left out.
 */
import { share_begin, share_end } from "../lib/rows";
import { lanes, load_partial, store_partial } from "../lib/simd";
import { in_range, report_bad_index } from "./fault";

/** Columns are shared in units of a cache line. */
const LINE: i32 = 16;

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
  const shift: usize = sizeof<T>() == 4 ? 2 : 3;
  const start = <usize>first_column << shift;
  let bad = false;
  for (let o = 0; o < outer; o++) {
    const dst = out + (<usize>(o * rows * inner) << shift) + start;
    const src = values + (<usize>(o * count * inner) << shift) + start;
    for (let r = first_row; r < last_row; r++) memory.fill(dst + (<usize>(r * inner) << shift), 0, <usize>width << shift);
    for (let k = 0; k < count; k++) {
      const row = load<i32>(indices + (<usize>k << 2));
      if (!in_range(row, rows)) bad = true;
      else if (row >= first_row && row < last_row && row != padding) {
        add_row<T>(dst + (<usize>(row * inner) << shift), src + (<usize>(k * inner) << shift), width);
      }
    }
  }
  if (bad) report_bad_index();
}

// @ts-ignore: decorator
@inline
function add_row<T>(dst: usize, src: usize, n: i32): void {
  const step = lanes<T>();
  let i = 0;
  for (; i + step <= n; i += step, dst += 16, src += 16) v128.store(dst, v128.add<T>(v128.load(dst), v128.load(src)));
  if (i < n) store_partial<T>(dst, v128.add<T>(load_partial<T>(dst, n - i), load_partial<T>(src, n - i)), n - i);
}

export function scatter_rows_f32(p: usize, thread: i32, threads: i32): void {
  scatter_rows<f32>(p, thread, threads);
}

export function scatter_rows_f64(p: usize, thread: i32, threads: i32): void {
  scatter_rows<f64>(p, thread, threads);
}
