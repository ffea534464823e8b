/**
 * Values added along one axis at the places that indices name (torch.scatter_add). Words: output, x (dense, as the output), indices (i32), values; extent of x and
 * of the indices along the axis, strides along it (output, indices, values), number of other axes, and for each (extent of x, extent of the indices, strides of
 * output, indices, values). Each output element has one owner, who adds in the order of the indices; an index out of range is left out.
 */
import { share_begin, share_end } from "../lib/rows";
import { copy_elements } from "./move";
import { in_range, report_bad_index } from "./fault";

// @ts-ignore: decorator
@inline
function scatter_add<T>(p: usize, thread: i32, threads: i32): void {
  const out = load<usize>(p);
  const x = load<usize>(p, 4);
  const indices = load<usize>(p, 8);
  const values = load<usize>(p, 12);
  const extent = load<i32>(p, 16);
  const count = load<i32>(p, 20);
  const along = load<i32>(p, 24);
  const index_along = load<i32>(p, 28);
  const value_along = load<i32>(p, 32);
  const others = load<i32>(p, 36);
  const axes = p + 40;
  const width = <i32>sizeof<T>();
  let lines = 1;
  for (let axis = 0; axis < others; axis++) lines *= load<i32>(axes + 20 * <usize>axis);
  // A line is all elements along the axis. Few lines are shared by ranges of the axis instead: everyone reads all indices and adds to its own range.
  const by_range = lines < threads;
  const first = by_range ? share_begin(extent, 16, thread, threads) : 0;
  const last = by_range ? share_end(extent, 16, thread, threads) : extent;
  const end = by_range ? lines : share_end(lines, 1, thread, threads);
  let bad = false;
  for (let line = by_range ? 0 : share_begin(lines, 1, thread, threads); line < end; line++) {
    let to = 0;
    let place = 0;
    let from = 0;
    let inside = true;
    let rest = line;
    for (let axis = others - 1; axis >= 0; axis--) {
      const a = axes + 20 * <usize>axis;
      const n = load<i32>(a);
      const c = rest % n;
      rest /= n;
      inside = inside && c < load<i32>(a, 4);
      to += c * load<i32>(a, 8);
      place += c * load<i32>(a, 12);
      from += c * load<i32>(a, 16);
    }
    const skip = <usize>((to + first * along) * width);
    copy_elements(out + skip, x + skip, last - first, along, along, width);
    if (!inside) continue;
    for (let k = 0; k < count; k++, place += index_along, from += value_along) {
      const index = load<i32>(indices + (<usize>place << 2));
      if (!in_range(index, extent)) bad = true;
      else if (index >= first && index < last) {
        const at = out + <usize>((to + index * along) * width);
        store<T>(at, load<T>(at) + load<T>(values + <usize>(from * width)));
      }
    }
  }
  if (bad) report_bad_index();
}

export function scatter_add_f32(p: usize, thread: i32, threads: i32): void {
  scatter_add<f32>(p, thread, threads);
}

export function scatter_add_f64(p: usize, thread: i32, threads: i32): void {
  scatter_add<f64>(p, thread, threads);
}
