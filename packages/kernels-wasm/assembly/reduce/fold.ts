/**
 * The one loop behind all reductions to a number. Totals are f64 whatever the floating type, and i64 for integers, which wrap around when they are stored. Three ways through memory: along a
 * contiguous reduced axis, across contiguous kept columns, and element by element; each adds in an order fixed by the shape.
 * Few outputs of many elements are cut into chunks whose totals meet in shared scratch, so that all threads help.
 */
import { barrier } from "../lib/barrier";
import { scratch, shared_scratch } from "../lib/control";
import { exp_wide } from "../lib/exp";
import { load_filled, row_exp_sum } from "../lib/exp_row";
import { share_begin, share_end } from "../lib/rows";
import { lanes } from "../lib/simd";
import { touch } from "../lib/touch";
import { high, k2, low } from "../lib/wide";
import { chunk_length, inner_extent, inner_stride, is_small, kept_axes, kept_count, offset_of, rank_of, reduced_axes, reduced_count } from "../lib/reduce_layout";
import { row_extreme, scalar_log } from "./row";

/** What is folded; a literal at every call, so that the compiler leaves one of the branches. */
export const SUM: i32 = 0;
export const PRODUCT: i32 = 1;
export const MAX: i32 = 2;
export const MIN: i32 = 3;
/** Σ e^(x − shift). */
export const EXP_SUM: i32 = 4;

/** Vectors side by side in one pass over columns: a cache line. */
const BLOCK: i32 = 4;
/** Bytes of columns, a part of what L2 holds, that are touched row by row before each is summed: along a column every line is waited for (2048 × 768 in a step: 1.24 ms, 0.49 with; 1024 × 1536 that lie in L3 already: 0.26, 0.33 with). */
const AHEAD: usize = 192 << 10;
/** Scratch for totals of all of a thread's columns. */
const MOST_TOTALS: usize = 512 << 10;

// @ts-ignore: decorator
@inline
function identity<T>(kind: i32): f64 {
  if (kind == PRODUCT) return 1;
  if (kind == MAX) return isInteger<T>() ? <f64>i32.MIN_VALUE : -Infinity;
  if (kind == MIN) return isInteger<T>() ? <f64>i32.MAX_VALUE : Infinity;
  return 0;
}

/** What a lane without an element holds, so that it leaves the total alone. */
// @ts-ignore: decorator
@inline
function filler<T>(kind: i32): f64 {
  return kind == EXP_SUM ? -Infinity : identity<T>(kind);
}

/** A number in both lanes of a total. */
// @ts-ignore: decorator
@inline
function both<T>(x: f64): v128 {
  return isInteger<T>() ? v128.splat<i64>(<i64>x) : k2(x);
}

/** Elements 0 and 1 of four, as wide as a total. */
// @ts-ignore: decorator
@inline
function front<T>(x: v128): v128 {
  return isInteger<T>() ? i64x2.extend_low_i32x4_s(x) : low(x);
}

/** Elements 2 and 3 of four, as wide as a total. */
// @ts-ignore: decorator
@inline
function back<T>(x: v128): v128 {
  return isInteger<T>() ? i64x2.extend_high_i32x4_s(x) : high(x);
}

// @ts-ignore: decorator
@inline
function merge<T>(kind: i32, a: v128, b: v128): v128 {
  if (isInteger<T>()) {
    if (kind == PRODUCT) return v128.mul<i64>(a, b);
    if (kind == MAX) return v128.bitselect(a, b, v128.gt<i64>(a, b));
    if (kind == MIN) return v128.bitselect(a, b, v128.lt<i64>(a, b));
    return v128.add<i64>(a, b);
  }
  if (kind == PRODUCT) return v128.mul<f64>(a, b);
  if (kind == MAX) return v128.max<f64>(a, b);
  if (kind == MIN) return v128.min<f64>(a, b);
  return v128.add<f64>(a, b);
}

// @ts-ignore: decorator
@inline
function take<T>(kind: i32, total: v128, x: v128, shift: v128): v128 {
  if (!isInteger<T>() && kind == EXP_SUM) return v128.add<f64>(total, exp_wide<T>(v128.sub<f64>(x, shift)));
  return merge<T>(kind, total, x);
}

/** The total of reduced elements lo … hi of the output whose elements begin at x; of integers its bits. */
// @ts-ignore: decorator
@inline
function fold_range<T>(kind: i32, x: usize, axes: usize, lo: i32, hi: i32, shift: f64): f64 {
  const extent = inner_extent(axes);
  const stride = inner_stride(axes, 1);
  const s = k2(shift);
  let a = both<T>(identity<T>(kind));
  let b = a;
  let c = a;
  let d = a;
  for (let i = lo; i < hi; ) {
    const row = i / extent;
    const column = i - row * extent;
    const n = min(extent - column, hi - i);
    let at = x + <usize>(offset_of(axes, 1, row) + column * stride) * sizeof<T>();
    if (stride == 1) {
      let j = 0;
      for (; j <= n - 8; j += 8) {
        const u = v128.load(at);
        const v = v128.load(at, 16);
        if (sizeof<T>() == 4) {
          a = take<T>(kind, a, front<T>(u), s);
          b = take<T>(kind, b, back<T>(u), s);
          c = take<T>(kind, c, front<T>(v), s);
          d = take<T>(kind, d, back<T>(v), s);
        } else {
          a = take<T>(kind, a, u, s);
          b = take<T>(kind, b, v, s);
          c = take<T>(kind, c, v128.load(at, 32), s);
          d = take<T>(kind, d, v128.load(at, 48), s);
        }
        at += 8 * sizeof<T>();
      }
      for (; j < n; j += lanes<T>()) {
        const u = load_filled<T>(at, n - j, filler<T>(kind));
        if (sizeof<T>() == 4) {
          a = take<T>(kind, a, front<T>(u), s);
          b = take<T>(kind, b, back<T>(u), s);
        } else {
          a = take<T>(kind, a, u, s);
        }
        at += 16;
      }
    } else {
      const step = <usize>stride * sizeof<T>();
      for (let j = 0; j < n; j++) {
        // The other lane takes a filler, and so leaves the total alone.
        const none = both<T>(filler<T>(kind));
        c = take<T>(kind, c, isInteger<T>() ? i64x2.replace_lane(none, 0, <i64>load<T>(at)) : f64x2.replace_lane(none, 0, <f64>load<T>(at)), s);
        at += step;
      }
    }
    i += n;
  }
  const total = merge<T>(kind, merge<T>(kind, a, b), merge<T>(kind, c, d));
  return f64x2.extract_lane(merge<T>(kind, total, v128.shuffle<i64>(total, total, 1, 0)), 0);
}

/** Totals of one vector of columns from x on, over reduced elements lo … hi, to f64s at `out`. */
// @ts-ignore: decorator
@inline
function fold_vector<T>(kind: i32, x: usize, axes: usize, lo: i32, hi: i32, shifts: usize, out: usize): void {
  const extent = inner_extent(axes);
  const step = <usize>inner_stride(axes, 0) * sizeof<T>();
  let s0 = k2(0);
  let s1 = k2(0);
  if (kind == EXP_SUM) {
    s0 = v128.load(shifts);
    s1 = v128.load(shifts, 16);
  }
  let a = both<T>(identity<T>(kind));
  let b = a;
  for (let i = lo; i < hi; ) {
    const row = i / extent;
    const column = i - row * extent;
    const n = min(extent - column, hi - i);
    let at = x + <usize>offset_of(axes, 1, row) * sizeof<T>() + <usize>column * step;
    for (let j = 0; j < n; j++) {
      const u = v128.load(at);
      if (sizeof<T>() == 4) {
        a = take<T>(kind, a, front<T>(u), s0);
        b = take<T>(kind, b, back<T>(u), s1);
      } else {
        a = take<T>(kind, a, u, s0);
      }
      at += step;
    }
    i += n;
  }
  v128.store(out, a);
  if (sizeof<T>() == 4) v128.store(out, b, 16);
}

/** As fold_vector for BLOCK vectors at once: the same additions per column. Goes on from what `out` holds unless `fresh`. */
// @ts-ignore: decorator
@inline
function fold_block<T>(kind: i32, x: usize, axes: usize, lo: i32, hi: i32, out: usize, fresh: bool): void {
  const extent = inner_extent(axes);
  const step = <usize>inner_stride(axes, 0) * sizeof<T>();
  const none = k2(0);
  let a = both<T>(identity<T>(kind));
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  let g = a;
  let h = a;
  if (!fresh) {
    a = v128.load(out);
    b = v128.load(out, 16);
    c = v128.load(out, 32);
    d = v128.load(out, 48);
    if (sizeof<T>() == 4) {
      e = v128.load(out, 64);
      f = v128.load(out, 80);
      g = v128.load(out, 96);
      h = v128.load(out, 112);
    }
  }
  for (let i = lo; i < hi; ) {
    const row = i / extent;
    const column = i - row * extent;
    const n = min(extent - column, hi - i);
    let at = x + <usize>offset_of(axes, 1, row) * sizeof<T>() + <usize>column * step;
    for (let j = 0; j < n; j++) {
      const u = v128.load(at);
      const v = v128.load(at, 16);
      const w = v128.load(at, 32);
      const z = v128.load(at, 48);
      if (sizeof<T>() == 4) {
        a = take<T>(kind, a, front<T>(u), none);
        b = take<T>(kind, b, back<T>(u), none);
        c = take<T>(kind, c, front<T>(v), none);
        d = take<T>(kind, d, back<T>(v), none);
        e = take<T>(kind, e, front<T>(w), none);
        f = take<T>(kind, f, back<T>(w), none);
        g = take<T>(kind, g, front<T>(z), none);
        h = take<T>(kind, h, back<T>(z), none);
      } else {
        a = take<T>(kind, a, u, none);
        b = take<T>(kind, b, v, none);
        c = take<T>(kind, c, w, none);
        d = take<T>(kind, d, z, none);
      }
      at += step;
    }
    i += n;
  }
  v128.store(out, a);
  v128.store(out, b, 16);
  v128.store(out, c, 32);
  v128.store(out, d, 48);
  if (sizeof<T>() == 4) {
    v128.store(out, e, 64);
    v128.store(out, f, 80);
    v128.store(out, g, 96);
    v128.store(out, h, 112);
  }
}

/** What the exponents of an output are shifted by: its largest element m, or 0 where that is infinite. */
// @ts-ignore: decorator
@inline
function shift_of<T>(m: usize, output: i32): f64 {
  const largest = <f64>load<T>(m + <usize>output * sizeof<T>());
  return Math.abs(largest) == Infinity ? 0 : largest;
}

/** Stores a total as the output asks for it. */
// @ts-ignore: decorator
@inline
function finish<T>(kind: i32, y: usize, output: i32, total: f64, divisor: f64, m: usize): void {
  if (isInteger<T>()) {
    store<T>(y + <usize>output * sizeof<T>(), <T>reinterpret<i64>(total));
    return;
  }
  let value = total / divisor;
  if (kind == EXP_SUM) {
    // An infinite largest element is the result: e^(−Inf) as computed for f32 is not quite 0.
    const largest = <f64>load<T>(m + <usize>output * sizeof<T>());
    value = Math.abs(largest) == Infinity ? largest : largest + scalar_log(total);
  }
  store<T>(y + <usize>output * sizeof<T>(), <T>value);
}

/**
 * Folds x into y; words at q. `divisor` divides the totals (1, or the count for a mean), m points at the largest elements for EXP_SUM.
 * Columns: units are blocks of BLOCK vectors, numbered through the rows of kept columns; else a unit is an output.
 */
// @ts-ignore: decorator
@inline
export function reduce<T>(kind: i32, y: usize, x: usize, m: usize, q: usize, divisor: f64, thread: i32, threads: i32): void {
  const kept = kept_count(q);
  const reduced = reduced_count(q);
  const outer = kept_axes(q);
  const inner = reduced_axes(q);
  const by_columns = inner_stride(outer, 0) == 1 && inner_stride(inner, 0) != 1;
  const chunk = chunk_length(kept, reduced);
  if (chunk == 0) {
    if (is_small(kept, reduced)) {
      if (thread > 0) return;
      threads = 1;
    }
    if (by_columns) columns<T>(kind, y, x, m, outer, inner, kept, 0, reduced, divisor, scratch(thread), 0, thread, threads);
    else outputs<T>(kind, y, x, m, outer, inner, kept, reduced, divisor, thread, threads);
    return;
  }
  const partials = shared_scratch();
  if (!barrier(threads)) return;
  const chunks = (reduced + chunk - 1) / chunk;
  const last = share_end(chunks, 1, thread, threads);
  for (let i = share_begin(chunks, 1, thread, threads); i < last; i++) {
    const lo = i * chunk;
    const hi = min(reduced, lo + chunk);
    const totals = partials + (<usize>(i * kept) << 3);
    if (by_columns) {
      columns<T>(kind, y, x, m, outer, inner, kept, lo, hi, divisor, scratch(thread), totals, 0, 1);
    } else {
      for (let o = 0; o < kept; o++) {
        const shift = kind == EXP_SUM ? shift_of<T>(m, o) : 0;
        store<f64>(totals + (<usize>o << 3), fold_range<T>(kind, x + <usize>offset_of(outer, 0, o) * sizeof<T>(), inner, lo, hi, shift));
      }
    }
  }
  if (!barrier(threads)) return;
  const end = share_end(kept, 1, thread, threads);
  for (let o = share_begin(kept, 1, thread, threads); o < end; o++) {
    let total = both<T>(identity<T>(kind));
    for (let i = 0; i < chunks; i++) total = merge<T>(kind, total, k2(load<f64>(partials + (<usize>(i * kept + o) << 3))));
    finish<T>(kind, y, o, f64x2.extract_lane(total, 0), divisor, m);
  }
}

// @ts-ignore: decorator
@inline
function outputs<T>(kind: i32, y: usize, x: usize, m: usize, outer: usize, inner: usize, kept: i32, reduced: i32, divisor: f64, thread: i32, threads: i32): void {
  const end = share_end(kept, 1, thread, threads);
  const in_rows = rank_of(inner) == 1 && inner_stride(inner, 0) == 1;
  for (let o = share_begin(kept, 1, thread, threads); o < end; o++) {
    const shift = kind == EXP_SUM ? shift_of<T>(m, o) : 0;
    if (!isInteger<T>()) {
      if (in_rows && (kind == EXP_SUM || kind == MAX || kind == MIN)) {
        const at = x + <usize>offset_of(outer, 0, o) * sizeof<T>();
        finish<T>(kind, y, o, kind == EXP_SUM ? row_exp_sum<T>(at, reduced, shift) : row_extreme<T>(kind == MAX, at, reduced), divisor, m);
        continue;
      }
    }
    finish<T>(kind, y, o, fold_range<T>(kind, x + <usize>offset_of(outer, 0, o) * sizeof<T>(), inner, 0, reduced, shift), divisor, m);
  }
}

/** Columns of all rows of kept elements, with `totals` as scratch; the totals go to `partial` as f64 where it is not 0. */
// @ts-ignore: decorator
@inline
function columns<T>(kind: i32, y: usize, x: usize, m: usize, outer: usize, inner: usize, kept: i32, lo: i32, hi: i32, divisor: f64, totals: usize, partial: usize, thread: i32, threads: i32): void {
  const width = inner_extent(outer);
  const block = BLOCK * lanes<T>();
  const blocks = (width + block - 1) / block;
  const rows = (kept + width - 1) / width;
  const begin = share_begin(rows * blocks, 1, thread, threads);
  const end = share_end(rows * blocks, 1, thread, threads);
  // Bytes of a block's totals.
  const entry = <usize>block << 3;
  const some = max(8, <i32>AHEAD / max(1, (end - begin) << 6));
  const at_once =
    kind != EXP_SUM && hi - lo > 4 * some && rows == 1 && kept >= width && rank_of(inner) == 1 && <usize>(end - begin) * entry <= MOST_TOTALS;
  if (at_once) {
    const step = <usize>inner_stride(inner, 0) * sizeof<T>();
    const at = x + (<usize>begin << 6);
    const whole = min(end, width / block);
    for (let i = lo; i < hi; i += some) {
      const next = min(hi, i + some);
      touch(at + <usize>i * step, step, next - i, <usize>(whole - begin) << 6);
      for (let u: usize = 0; u < <usize>(whole - begin); u++) fold_block<T>(kind, at + (u << 6), inner, i, next, totals + u * entry, i == lo);
    }
  }
  for (let unit = begin; unit < end; unit++) {
    const row = unit / blocks;
    const first = (unit - row * blocks) * block;
    const output = row * width + first;
    const n = min(min(block, width - first), kept - output);
    const at = x + <usize>(offset_of(outer, 1, row) + first) * sizeof<T>();
    if (kind != EXP_SUM && n == block) {
      if (!at_once) fold_block<T>(kind, at, inner, lo, hi, totals, true);
    } else {
      for (let j = 0; j < n; j += lanes<T>()) {
        const shifts = totals + 512;
        if (kind == EXP_SUM) {
          for (let i = 0; i < lanes<T>(); i++) store<f64>(shifts + (<usize>i << 3), j + i < n ? shift_of<T>(m, output + j + i) : 0);
        }
        fold_vector<T>(kind, at + <usize>j * sizeof<T>(), inner, lo, hi, shifts, totals + (<usize>j << 3));
      }
    }
    const own = at_once && n == block ? totals + <usize>(unit - begin) * entry : totals;
    for (let j = 0; j < n; j++) {
      const total = load<f64>(own + (<usize>j << 3));
      if (partial == 0) finish<T>(kind, y, output + j, total, divisor, m);
      else store<f64>(partial + (<usize>(output + j) << 3), total);
    }
  }
}
