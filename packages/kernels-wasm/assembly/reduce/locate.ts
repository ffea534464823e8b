/** Position of the largest or smallest element: a fold of (value, index) pairs, in which NaN beats everything and the first of equals wins. */
import { barrier } from "../lib/barrier";
import { shared_scratch } from "../lib/control";
import { chunk_length, inner_extent, inner_stride, is_small, kept_axes, kept_count, offset_of, rank_of, reduced_axes, reduced_count } from "../lib/reduce_layout";
import { share_begin, share_end } from "../lib/rows";
import { lanes } from "../lib/simd";
import { row_extreme } from "./row";

/** v strictly better than best. */
// @ts-ignore: decorator
@inline
function better<T>(largest: bool, v: T, best: T): bool {
  if (best != best) return false;
  if (v != v) return true;
  return largest ? v > best : v < best;
}

/** The first of n neighbours that is the best, or NaN where there is one: what it is is found first, then where. */
function find_in_row<T>(largest: bool, x: usize, n: i32): i32 {
  const best = <T>row_extreme<T>(largest, x, n);
  const none = best != best;
  const wanted = v128.splat<T>(best);
  let i = 0;
  for (; i <= n - lanes<T>(); i += lanes<T>()) {
    const u = v128.load(x + <usize>i * sizeof<T>());
    if (v128.any_true(none ? v128.ne<T>(u, u) : v128.eq<T>(u, wanted))) break;
  }
  for (; i < n - 1; i++) {
    const v = load<T>(x + <usize>i * sizeof<T>());
    if (none ? v != v : v == best) break;
  }
  return i;
}

/** Flat index, among reduced elements lo … hi, of the best one of the output whose elements begin at x. */
function find<T>(largest: bool, x: usize, axes: usize, lo: i32, hi: i32): i32 {
  const extent = inner_extent(axes);
  const stride = <usize>inner_stride(axes, 1) * sizeof<T>();
  if (isFloat<T>()) {
    if (rank_of(axes) == 1 && stride == sizeof<T>()) return lo + find_in_row<T>(largest, x + <usize>lo * sizeof<T>(), hi - lo);
  }
  let best = load<T>(x + <usize>offset_of(axes, 0, lo) * sizeof<T>());
  let index = lo;
  for (let i = lo; i < hi; ) {
    const row = i / extent;
    const column = i - row * extent;
    const n = min(extent - column, hi - i);
    let at = x + <usize>offset_of(axes, 1, row) * sizeof<T>() + <usize>column * stride;
    for (let j = 0; j < n; j++) {
      const v = load<T>(at);
      if (better<T>(largest, v, best)) {
        best = v;
        index = i + j;
      }
      at += stride;
    }
    i += n;
  }
  return index;
}

/** Words: y (i32), x, then as in lib/reduce_layout.ts. */
export function locate<T>(largest: bool, p: usize, thread: i32, threads: i32): void {
  const y = load<usize>(p);
  const x = load<usize>(p, 4);
  const q = p + 8;
  const kept = kept_count(q);
  const reduced = reduced_count(q);
  const outer = kept_axes(q);
  const inner = reduced_axes(q);
  if (reduced == 0) return;
  const chunk = chunk_length(kept, reduced);
  if (chunk == 0) {
    if (is_small(kept, reduced)) {
      if (thread > 0) return;
      threads = 1;
    }
    const end = share_end(kept, 1, thread, threads);
    for (let o = share_begin(kept, 1, thread, threads); o < end; o++) {
      store<i32>(y + (<usize>o << 2), find<T>(largest, x + <usize>offset_of(outer, 0, o) * sizeof<T>(), inner, 0, reduced));
    }
    return;
  }
  const found = shared_scratch();
  if (!barrier(threads)) return;
  const chunks = (reduced + chunk - 1) / chunk;
  const last = share_end(chunks, 1, thread, threads);
  for (let i = share_begin(chunks, 1, thread, threads); i < last; i++) {
    for (let o = 0; o < kept; o++) {
      const base = x + <usize>offset_of(outer, 0, o) * sizeof<T>();
      store<i32>(found + (<usize>(i * kept + o) << 2), find<T>(largest, base, inner, i * chunk, min(reduced, (i + 1) * chunk)));
    }
  }
  if (!barrier(threads)) return;
  const end = share_end(kept, 1, thread, threads);
  for (let o = share_begin(kept, 1, thread, threads); o < end; o++) {
    const base = x + <usize>offset_of(outer, 0, o) * sizeof<T>();
    let index = load<i32>(found + (<usize>o << 2));
    let best = load<T>(base + <usize>offset_of(inner, 0, index) * sizeof<T>());
    for (let i = 1; i < chunks; i++) {
      const candidate = load<i32>(found + (<usize>(i * kept + o) << 2));
      const v = load<T>(base + <usize>offset_of(inner, 0, candidate) * sizeof<T>());
      if (better<T>(largest, v, best)) {
        best = v;
        index = candidate;
      }
    }
    store<i32>(y + (<usize>o << 2), index);
  }
}
