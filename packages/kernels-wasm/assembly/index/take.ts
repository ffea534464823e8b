/**
 * Whole slabs picked by index. Words: output (outer, indices, inner), x (outer, extent, inner), indices (i32), bytes per element, outer, extent,
 * number of indices, inner. An index out of range gives a slab of zeros.
 */
import { share_begin, share_end } from "../lib/rows";
import { in_range, report_bad_index } from "./fault";
import { copy_bytes } from "./move";

export function take(p: usize, thread: i32, threads: i32): void {
  const out = load<usize>(p);
  const x = load<usize>(p, 4);
  const indices = load<usize>(p, 8);
  const outer = load<i32>(p, 16);
  const extent = load<i32>(p, 20);
  const count = load<i32>(p, 24);
  const bytes = load<i32>(p, 28) * load<i32>(p, 12);
  const rows = outer * count;
  const first = share_begin(rows, 1, thread, threads);
  const end = share_end(rows, 1, thread, threads);
  if (first >= end) return;
  let o = first / count;
  let k = first - o * count;
  let bad = false;
  for (let row = first; row < end; row++) {
    const index = load<i32>(indices + (<usize>k << 2));
    const dst = out + <usize>row * <usize>bytes;
    if (in_range(index, extent)) {
      copy_bytes(dst, x + <usize>(o * extent + index) * <usize>bytes, bytes);
    } else {
      memory.fill(dst, 0, bytes);
      bad = true;
    }
    if (++k == count) {
      k = 0;
      o++;
    }
  }
  if (bad) report_bad_index();
}
