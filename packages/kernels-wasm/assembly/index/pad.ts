/**
 * Sets a tensor into a larger one filled with a constant, its elements `gap` apart. Words: output, input, bytes per element, fill value (two words),
 * rows of the output, rank, and per axis (input extent, output extent, input stride, elements before, gap). A row is the output's last axis.
 */
import { share_begin, share_end } from "../lib/rows";
import { copy_elements, fill_elements } from "./move";

export function pad(p: usize, thread: i32, threads: i32): void {
  const out = load<usize>(p);
  const input = load<usize>(p, 4);
  const width = load<i32>(p, 8);
  const lo = load<u32>(p, 12);
  const hi = load<u32>(p, 16);
  const rows = load<i32>(p, 20);
  const rank = load<i32>(p, 24);
  const axes = p + 28;
  if (rank == 0) {
    if (thread == 0) copy_elements(out, input, 1, 1, 1, width);
    return;
  }
  const inner = axes + 20 * <usize>(rank - 1);
  const n = load<i32>(inner);
  const columns = load<i32>(inner, 4);
  const stride = load<i32>(inner, 8);
  const before = load<i32>(inner, 12);
  const gap = load<i32>(inner, 16);
  // One long row is shared by columns: then nobody waits for the one who has it.
  const wide = rows < threads;
  const first = wide ? share_begin(columns, 64, thread, threads) : 0;
  const last = wide ? share_end(columns, 64, thread, threads) : columns;
  const end = wide ? rows : share_end(rows, 1, thread, threads);
  for (let row = wide ? 0 : share_begin(rows, 1, thread, threads); row < end; row++) {
    const dst = out + <usize>(row * columns * width);
    fill_elements(dst + <usize>(first * width), last - first, width, lo, hi);
    const from = source_row(row, axes, rank);
    if (from < 0) continue;
    // Elements i with first ≤ before + i·gap < last.
    const begin = first <= before ? 0 : (first - before + gap - 1) / gap;
    const count = min(n, last <= before ? 0 : (last - before + gap - 1) / gap) - begin;
    if (count <= 0) continue;
    copy_elements(dst + <usize>((before + begin * gap) * width), input + <usize>((from + begin * stride) * width), count, gap, stride, width);
  }
}

/** Element of the input at which an output row's elements begin, or -1 where the row is padding all along. */
// @ts-ignore: decorator
@inline
function source_row(row: i32, axes: usize, rank: i32): i32 {
  let from = 0;
  let rest = row;
  for (let axis = rank - 2; axis >= 0; axis--) {
    const a = axes + 20 * <usize>axis;
    const extent = load<i32>(a, 4);
    const c = (rest % extent) - load<i32>(a, 12);
    rest /= extent;
    const gap = load<i32>(a, 16);
    if (c < 0 || c % gap != 0 || c / gap >= load<i32>(a)) return -1;
    from += (c / gap) * load<i32>(a, 8);
  }
  return from;
}
