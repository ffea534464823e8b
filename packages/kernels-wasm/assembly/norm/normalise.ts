/**
 * The one loop behind layerNorm and rmsNorm, with or without a residual added first. While a row is written, the next one's moments are taken, so that
 * memory and arithmetic overlap and a row is read from memory once (16384 × 384: 1.4 times as fast as one row after the other).
 * Moments are those of d = x − s, s the mean of the row's first elements: the variance is Σd²/n − (Σd/n)² and loses no digits while s is near the
 * mean (Chan, Golub, LeVeque 1983), so 1e4 + noise keeps its own in f32 lanes; a row where s is not near is gone through again from its mean.
 */
import { scratch } from "../lib/control";
import { BLOCK, keep_first, total_of } from "../lib/lane_sum";
import { share_begin, share_end } from "../lib/rows";
import { lanes, madd, store_partial } from "../lib/simd";
import { k2 } from "../lib/wide";
import { is_far, row_moments, row_sample } from "./row";

/** Below this many elements a second thread costs more than it brings. */
export const SPLIT_LEAST: i64 = 2048;

/** Bytes that a turn of the loop takes of a row: pointers move once for four vectors (1.05 times as fast as for two). */
const STRIDE: usize = 64;

/** Words: sum (ADD), y, x, residual (ADD), weight, bias, rows, row length, weight given, bias given, eps (f64). CENTRED: subtract the mean. */
// @ts-ignore: decorator
@inline
export function normalise<T>(CENTRED: bool, ADD: bool, p: usize, thread: i32, threads: i32): void {
  const q = p + (ADD ? 24 : 16);
  const rows = load<i32>(q);
  const n = load<i32>(q, 4);
  if (n <= 0) return;
  if (<i64>rows * <i64>n < SPLIT_LEAST) {
    if (thread > 0) return;
    threads = 1;
  }
  const eps = load<f64>(q, 16);
  // An absent weight is STRIDE bytes of ones that are read again and again, an absent bias of zeros.
  const spare = scratch(thread);
  for (let i: usize = 0; i < STRIDE; i += 16) {
    v128.store(spare + i, v128.splat<T>(1));
    v128.store(spare + STRIDE + i, v128.splat<T>(0));
  }
  const weighted = load<i32>(q, 8) != 0;
  const biased = load<i32>(q, 12) != 0;
  const weight = weighted ? load<usize>(q - 8) : spare;
  const bias = biased ? load<usize>(q - 4) : spare + STRIDE;
  const ws: usize = weighted ? STRIDE : 0;
  const bs: usize = biased ? STRIDE : 0;
  const moments = spare + 2 * STRIDE;
  const sample = moments + 16;
  const bytes = <usize>n * sizeof<T>();
  const first = share_begin(rows, 1, thread, threads);
  const end = share_end(rows, 1, thread, threads);
  if (first >= end) return;
  const start = <usize>first * bytes;
  let y = (ADD ? load<usize>(p, 4) : load<usize>(p)) + start;
  let x = (ADD ? load<usize>(p) : load<usize>(p, 4)) + start;
  let a = ADD ? load<usize>(p, 8) + start : 0;
  let b = ADD ? load<usize>(p, 12) + start : 0;
  let shift: T = 0;
  if (ADD) {
    if (CENTRED) shift = added_sample<T>(sample, a, b, n);
    turn<T>(true, false, 0, 0, n, 0, 0, 0, 0, 0, 0, 0, x, a, b, shift, moments);
  } else {
    if (CENTRED) shift = row_sample<T>(x, n);
    row_moments<T>(moments, x, n, shift);
  }
  for (let row = first; row < end; row++) {
    let rest = CENTRED ? load<f64>(moments) / <f64>n : 0;
    let variance = load<f64>(moments, 8) / <f64>n - rest * rest;
    if (CENTRED && is_far(rest, variance)) {
      shift = <T>(<f64>shift + rest);
      row_moments<T>(moments, x, n, shift);
      rest = load<f64>(moments) / <f64>n;
      variance = load<f64>(moments, 8) / <f64>n - rest * rest;
    }
    const inverse = 1 / sqrt<f64>(max<f64>(0, variance) + eps);
    const scale = <T>inverse;
    const offset = <T>(-rest * inverse);
    if (row + 1 < end) {
      if (ADD) {
        a += bytes;
        b += bytes;
      }
      let next: T = 0;
      if (CENTRED) next = ADD ? added_sample<T>(sample, a, b, n) : row_sample<T>(x + bytes, n);
      turn<T>(ADD, true, y, x, n, shift, scale, offset, weight, ws, bias, bs, x + bytes, ADD ? a : x + bytes, b, next, moments);
      shift = next;
    } else {
      write_row<T>(y, x, n, shift, scale, offset, weight, ws, bias, bs);
    }
    x += bytes;
    y += bytes;
  }
}

/** row_sample of a + b, by way of 16 elements of scratch. */
export function added_sample<T>(spare: usize, a: usize, b: usize, n: i32): T {
  for (let i: usize = 0; i < 16 * sizeof<T>(); i += 16) {
    if (<i32>(i / sizeof<T>()) < n) v128.store(spare + i, v128.add<T>(v128.load(a + i), v128.load(b + i)));
  }
  return row_sample<T>(spare, n);
}

/**
 * y = ((x − shift) · scale + offset) · weight + bias of one row (WRITE), and of the next one s = a + b (ADD; else s = a is there already),
 * Σ (s − next) and Σ (s − next)² to `out`.
 */
// @ts-ignore: decorator
@inline
function turn<T>(
  ADD: bool, WRITE: bool, y: usize, x: usize, n: i32, shift: T, scale: T, offset: T, weight: usize, ws: usize, bias: usize, bs: usize,
  s: usize, a: usize, b: usize, next: T, out: usize,
): void {
  const m = v128.splat<T>(shift);
  const f = v128.splat<T>(scale);
  const o = v128.splat<T>(offset);
  const t = v128.splat<T>(next);
  const zero = k2(0);
  let first_moment: f64 = 0;
  let second_moment: f64 = 0;
  for (let first = 0; first < n; first += BLOCK) {
    const length = min(BLOCK, n - first);
    let a0 = zero, a1 = zero, b0 = zero, b1 = zero;
    let i = 0;
    for (; i <= length - 4 * lanes<T>(); i += 4 * lanes<T>()) {
      let u0 = v128.load(a);
      let u1 = v128.load(a, 16);
      let u2 = v128.load(a, 32);
      let u3 = v128.load(a, 48);
      a += STRIDE;
      if (ADD) {
        u0 = v128.add<T>(u0, v128.load(b));
        u1 = v128.add<T>(u1, v128.load(b, 16));
        u2 = v128.add<T>(u2, v128.load(b, 32));
        u3 = v128.add<T>(u3, v128.load(b, 48));
        b += STRIDE;
        v128.store(s, u0);
        v128.store(s, u1, 16);
        v128.store(s, u2, 32);
        v128.store(s, u3, 48);
        s += STRIDE;
      }
      u0 = v128.sub<T>(u0, t);
      u1 = v128.sub<T>(u1, t);
      u2 = v128.sub<T>(u2, t);
      u3 = v128.sub<T>(u3, t);
      a0 = v128.add<T>(v128.add<T>(a0, u0), u2);
      a1 = v128.add<T>(v128.add<T>(a1, u1), u3);
      b0 = madd<T>(u2, u2, madd<T>(u0, u0, b0));
      b1 = madd<T>(u3, u3, madd<T>(u1, u1, b1));
      if (WRITE) {
        write_four<T>(y, x, m, f, o, weight, bias);
        x += STRIDE;
        y += STRIDE;
        weight += ws;
        bias += bs;
      }
    }
    for (; i < length; i += lanes<T>()) {
      let u = v128.load(a);
      if (ADD) {
        u = v128.add<T>(u, v128.load(b));
        store_partial<T>(s, u, length - i);
        s += 16;
        b += 16;
      }
      u = keep_first<T>(v128.sub<T>(u, t), length - i);
      a0 = v128.add<T>(a0, u);
      b0 = madd<T>(u, u, b0);
      a += 16;
      if (WRITE) {
        store_partial<T>(y, affine<T>(v128.load(x), m, f, o, v128.load(weight), v128.load(bias)), length - i);
        x += 16;
        y += 16;
        weight += ws >> 2;
        bias += bs >> 2;
      }
    }
    first_moment += total_of<T>(a0, a1);
    second_moment += total_of<T>(b0, b1);
  }
  store<f64>(out, first_moment);
  store<f64>(out, second_moment, 8);
}

/** ((x − shift) · scale + offset) · weight + bias. */
// @ts-ignore: decorator
@inline
function affine<T>(x: v128, shift: v128, scale: v128, offset: v128, weight: v128, bias: v128): v128 {
  return madd<T>(madd<T>(v128.sub<T>(x, shift), scale, offset), weight, bias);
}

/** Four vectors of a row. */
// @ts-ignore: decorator
@inline
function write_four<T>(y: usize, x: usize, m: v128, f: v128, o: v128, weight: usize, bias: usize): void {
  v128.store(y, affine<T>(v128.load(x), m, f, o, v128.load(weight), v128.load(bias)));
  v128.store(y, affine<T>(v128.load(x, 16), m, f, o, v128.load(weight, 16), v128.load(bias, 16)), 16);
  v128.store(y, affine<T>(v128.load(x, 32), m, f, o, v128.load(weight, 32), v128.load(bias, 32)), 32);
  v128.store(y, affine<T>(v128.load(x, 48), m, f, o, v128.load(weight, 48), v128.load(bias, 48)), 48);
}

/** The last row, which has no next. */
function write_row<T>(y: usize, x: usize, n: i32, shift: T, scale: T, offset: T, weight: usize, ws: usize, bias: usize, bs: usize): void {
  const m = v128.splat<T>(shift);
  const f = v128.splat<T>(scale);
  const o = v128.splat<T>(offset);
  let i = 0;
  for (; i <= n - 4 * lanes<T>(); i += 4 * lanes<T>()) {
    write_four<T>(y, x, m, f, o, weight, bias);
    x += STRIDE;
    y += STRIDE;
    weight += ws;
    bias += bs;
  }
  for (; i < n; i += lanes<T>()) {
    store_partial<T>(y, affine<T>(v128.load(x), m, f, o, v128.load(weight), v128.load(bias)), n - i);
    x += 16;
    y += 16;
    weight += ws >> 2;
    bias += bs >> 2;
  }
}
