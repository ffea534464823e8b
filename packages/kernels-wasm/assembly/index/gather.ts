/**
 * One element per index along one axis (torch.gather). Words: output, x, indices (i32), bytes per element, elements, extent and stride of x
 * along the axis, rank, and per axis of the output (extent, stride of x or 0 on the axis, stride of the indices). An index out of range gives zero.
 */
import { scratch } from "../lib/control";
import { share_begin, share_end } from "../lib/rows";
import { in_range, report_bad_index } from "./fault";

export function gather(p: usize, thread: i32, threads: i32): void {
  const out = load<usize>(p);
  const x = load<usize>(p, 4);
  const indices = load<usize>(p, 8);
  const width = load<i32>(p, 12);
  const size = load<i32>(p, 16);
  const extent = load<i32>(p, 20);
  const along = load<i32>(p, 24);
  const rank = load<i32>(p, 28);
  const axes = p + 32;
  let at = share_begin(size, 64, thread, threads);
  const end = share_end(size, 64, thread, threads);
  if (at >= end) return;
  const counters = scratch(thread);
  let from = 0;
  let place = 0;
  let rest = at;
  for (let axis = rank - 1; axis >= 0; axis--) {
    const a = axes + 12 * <usize>axis;
    const n = load<i32>(a);
    const c = rest % n;
    rest /= n;
    store<i32>(counters + 4 * <usize>axis, c);
    from += c * load<i32>(a, 4);
    place += c * load<i32>(a, 8);
  }
  const inner = axes + 12 * <usize>(rank - 1);
  const n = rank == 0 ? 1 : load<i32>(inner);
  const xs = rank == 0 ? 0 : load<i32>(inner, 4);
  const is = rank == 0 ? 0 : load<i32>(inner, 8);
  let c = rank == 0 ? 0 : load<i32>(counters + 4 * <usize>(rank - 1));
  let bad = false;
  while (at < end) {
    const stop = min(at + n - c, end);
    for (; at < stop; at++, c++, from += xs, place += is) {
      const index = load<i32>(indices + (<usize>place << 2));
      const valid = in_range(index, extent);
      bad = bad || !valid;
      const src = x + <usize>((from + (valid ? index : 0) * along) * width);
      if (width == 4) store<u32>(out + (<usize>at << 2), valid ? load<u32>(src) : 0);
      else if (width == 8) store<u64>(out + (<usize>at << 3), valid ? load<u64>(src) : 0);
      else store<u8>(out + <usize>at, valid ? load<u8>(src) : 0);
    }
    from -= c * xs;
    place -= c * is;
    c = 0;
    for (let axis = rank - 2; axis >= 0; axis--) {
      const a = axes + 12 * <usize>axis;
      const counter = counters + 4 * <usize>axis;
      const next = load<i32>(counter) + 1;
      from += load<i32>(a, 4);
      place += load<i32>(a, 8);
      if (next < load<i32>(a)) {
        store<i32>(counter, next);
        break;
      }
      store<i32>(counter, 0);
      from -= next * load<i32>(a, 4);
      place -= next * load<i32>(a, 8);
    }
  }
  if (bad) report_bad_index();
}
