/**
 * Rotary position embedding of rows (Su et al. 2021, arXiv:2104.09864). Words: y, x, positions (i32, one a row), cos, sin (tables of positions,
 * half numbers each), rows, elements of a row, half, rows of the tables, interleaved, 1 to turn back. A position outside the tables gives zeros.
 */
import { in_range, report_bad_index } from "../index/fault";
import { rotate } from "../lib/attention/rotate";
import { share_begin, share_end } from "../lib/rows";

export function rope_f32(p: usize, thread: i32, threads: i32): void {
  rope<f32>(p, thread, threads);
}

export function rope_f64(p: usize, thread: i32, threads: i32): void {
  rope<f64>(p, thread, threads);
}

function rope<T>(p: usize, thread: i32, threads: i32): void {
  const rows = load<i32>(p, 20);
  const n = load<i32>(p, 24);
  const half = load<i32>(p, 28);
  const bytes = <usize>n * sizeof<T>();
  const table = <usize>half * sizeof<T>();
  const sign: T = load<i32>(p, 40) != 0 ? -1 : 1;
  let bad = false;
  const end = share_end(rows, 16, thread, threads);
  for (let row = share_begin(rows, 16, thread, threads); row < end; row++) {
    const y = load<usize>(p) + <usize>row * bytes;
    const position = load<i32>(load<usize>(p, 8) + (<usize>row << 2));
    if (in_range(position, load<i32>(p, 32))) {
      const at = <usize>position * table;
      const x = load<usize>(p, 4) + <usize>row * bytes;
      rotate<T>(y, x, n, half, load<usize>(p, 12) + at, load<usize>(p, 16) + at, sign, 1, load<i32>(p, 36) != 0);
    } else {
      memory.fill(y, 0, bytes);
      bad = true;
    }
  }
  if (bad) report_bad_index();
}
