/**
 * Rows put in the place of others. Words: output (extent, inner), which holds the old rows, rows (indices, inner), indices (i32), bytes per element, extent,
 * number of indices, inner. Threads share columns, so that of equal indices the last counts; one out of range is left out.
 */
import { share_begin, share_end } from "../lib/rows";
import { in_range, report_bad_index } from "./fault";
import { copy_bytes } from "./move";

/** Bytes that one thread writes alone: a cache line. */
const LINE: i32 = 64;

export function index_copy(p: usize, thread: i32, threads: i32): void {
  const out = load<usize>(p);
  const rows = load<usize>(p, 4);
  const indices = load<usize>(p, 8);
  const extent = load<i32>(p, 16);
  const count = load<i32>(p, 20);
  const bytes = load<i32>(p, 24) * load<i32>(p, 12);
  const first = share_begin(bytes, LINE, thread, threads);
  const width = share_end(bytes, LINE, thread, threads) - first;
  for (let k = 0; k < count; k++) {
    const index = load<i32>(indices + (<usize>k << 2));
    if (!in_range(index, extent)) {
      report_bad_index();
      continue;
    }
    if (width > 0) copy_bytes(out + <usize>index * <usize>bytes + <usize>first, rows + <usize>k * <usize>bytes + <usize>first, width);
  }
}
