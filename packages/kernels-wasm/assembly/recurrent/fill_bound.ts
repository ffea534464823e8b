/** The live rows of a bounded tensor, and zeros up to its maximum. Words: output, input, bytes per element, live elements, elements in all. */
import { share_begin, share_end } from "../lib/rows";

export function fill_bound(p: usize, thread: i32, threads: i32): void {
  const width = load<i32>(p, 8);
  const all = load<i32>(p, 16);
  const unit = 4096;
  const begin = share_begin(all, unit, thread, threads);
  const end = share_end(all, unit, thread, threads);
  const live = max(begin, min(end, load<i32>(p, 12)));
  const out = load<usize>(p);
  memory.copy(out + <usize>begin * width, load<usize>(p, 4) + <usize>begin * width, <usize>(live - begin) * width);
  memory.fill(out + <usize>live * width, 0, <usize>(end - live) * width);
}
