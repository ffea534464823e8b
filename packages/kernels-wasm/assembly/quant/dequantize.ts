/**
 * Rows of stored weights widened to f32 or f64, all of them or those that indices name. Words: y (rows, n), stored rows, indices (i32), 1 if they count,
 * rows of y, stored rows in number, n, format, bytes of a stored row. An index out of range gives a row of zeros.
 */
import { in_range, report_bad_index } from "../index/fault";
import { scratch } from "../lib/control";
import { unpack } from "../lib/quant/unpack";
import { share_begin, share_end } from "../lib/rows";

export function dequantize_f32(p: usize, thread: i32, threads: i32): void {
  dequantize<f32>(p, thread, threads);
}

export function dequantize_f64(p: usize, thread: i32, threads: i32): void {
  dequantize<f64>(p, thread, threads);
}

/** Elements between visits of scratch: a multiple of every block. */
const RUN: i32 = 1024;

function dequantize<T>(p: usize, thread: i32, threads: i32): void {
  const picked = load<i32>(p, 12) != 0;
  const n = load<i32>(p, 24);
  const format = load<i32>(p, 28);
  const row_bytes = load<usize>(p, 32);
  const run = scratch(thread);
  const end = share_end(load<i32>(p, 16), 1, thread, threads);
  let bad = false;
  for (let row = share_begin(load<i32>(p, 16), 1, thread, threads); row < end; row++) {
    const y = load<usize>(p) + <usize>row * <usize>n * sizeof<T>();
    const index = picked ? load<i32>(load<usize>(p, 8) + (<usize>row << 2)) : row;
    if (!in_range(index, load<i32>(p, 20))) {
      memory.fill(y, 0, <usize>n * sizeof<T>());
      bad = true;
      continue;
    }
    const stored = load<usize>(p, 4) + <usize>index * row_bytes;
    // Whole vectors are written, so a row's end goes through scratch.
    for (let at = 0; at < n; at += RUN) {
      const count = min(RUN, n - at);
      const to = y + <usize>at * sizeof<T>();
      if (count == RUN) {
        unpack<T>(format, to, stored, at, count);
      } else {
        unpack<T>(format, run, stored, at, count);
        memory.copy(to, run, <usize>count * sizeof<T>());
      }
    }
  }
  if (bad) report_bad_index();
}
