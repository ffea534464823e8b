/**
 * Where values belong in sorted rows, by bisection. Words: indices (i32), sorted rows, values, rows, length of a sorted row, values per row,
 * 1 = one sorted row for all, 1 = behind equal elements (else before them).
 */
import { share_begin, share_end } from "../lib/rows";
import { key_at } from "./key";

// @ts-ignore: decorator
@inline
function search_sorted<T, K>(p: usize, thread: i32, threads: i32): void {
  const out = load<usize>(p);
  const sorted = load<usize>(p, 4);
  const values = load<usize>(p, 8);
  const rows = load<i32>(p, 12);
  const n = load<i32>(p, 16);
  const m = load<i32>(p, 20);
  const step = load<i32>(p, 24) != 0 ? <usize>0 : <usize>n * sizeof<T>();
  const right = load<i32>(p, 28) != 0;
  if (m == 0) return;
  const end = share_end(rows * m, 64, thread, threads);
  for (let at = share_begin(rows * m, 64, thread, threads); at < end; at++) {
    const row = sorted + <usize>(at / m) * step;
    const key = key_at<T, K>(values + <usize>at * sizeof<T>());
    let low = 0;
    let high = n;
    while (low < high) {
      const middle = low + ((high - low) >> 1);
      const other = key_at<T, K>(row + <usize>middle * sizeof<T>());
      if (other < key || (right && other == key)) low = middle + 1;
      else high = middle;
    }
    store<i32>(out + (<usize>at << 2), low);
  }
}

export function search_sorted_f32(p: usize, thread: i32, threads: i32): void {
  search_sorted<f32, i32>(p, thread, threads);
}

export function search_sorted_f64(p: usize, thread: i32, threads: i32): void {
  search_sorted<f64, i64>(p, thread, threads);
}

export function search_sorted_i32(p: usize, thread: i32, threads: i32): void {
  search_sorted<i32, i32>(p, thread, threads);
}
