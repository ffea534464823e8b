/**
 * Gradients of layerNorm and rmsNorm in one pass over memory. Mean and 1/σ are found again from the row, which has to be read anyway: it costs two of
 * some twenty instructions an element and saves keeping two values per row. With x̂ the normalised row and g = dy · weight:
 * dx = (g − mean g − x̂ · mean(g x̂)) / σ, dweight = Σ dy x̂, dbias = Σ dy over rows.
 * While a row's dx is written the next one's sums are taken, as in normalise.ts. Column sums are kept per chunk of rows, whose number the plan fixes, so
 * that they do not depend on threads; another launch adds the chunks.
 */
import { scratch } from "../lib/control";
import { BLOCK, keep_first, total_of } from "../lib/lane_sum";
import { share_begin, share_end } from "../lib/rows";
import { lanes, madd, nmadd, store_partial } from "../lib/simd";
import { k2 } from "../lib/wide";
import { SPLIT_LEAST } from "./normalise";
import { is_far, row_sample } from "./row";

/** Scratch: a vector of ones, a row's four sums in f64, and its coefficients eight bytes apart. */
const SUMS: usize = 64;
const TABLE: usize = 128;

/**
 * Words: dx, partials (chunks, 2, n), x, dy, extra, weight, rows, n, weight given, partials wanted, extra given, chunks, eps (f64).
 * `extra` is added to dx: what flows back to the sum besides its norm.
 */
// @ts-ignore: decorator
@inline
export function backward<T>(CENTRED: bool, p: usize, thread: i32, threads: i32): void {
  const rows = load<i32>(p, 24);
  const n = load<i32>(p, 28);
  const weighted = load<i32>(p, 32) != 0;
  const affine = load<i32>(p, 36) != 0;
  const added = load<i32>(p, 40) != 0;
  const chunks = load<i32>(p, 44);
  const eps = load<f64>(p, 48);
  if (n <= 0) return;
  if (<i64>rows * <i64>n < SPLIT_LEAST) {
    if (thread > 0) return;
    threads = 1;
  }
  const spare = scratch(thread);
  v128.store(spare, v128.splat<T>(1));
  const weight = weighted ? load<usize>(p, 20) : spare;
  const ws: usize = weighted ? 16 : 0;
  const bytes = <usize>n * sizeof<T>();
  const last = share_end(chunks, 1, thread, threads);
  for (let chunk = share_begin(chunks, 1, thread, threads); chunk < last; chunk++) {
    const sums = load<usize>(p, 4) + (affine ? <usize>(2 * chunk) * bytes : 0);
    if (affine) memory.fill(sums, 0, 2 * bytes);
    const begin = share_begin(rows, 1, chunk, chunks);
    const end = share_end(rows, 1, chunk, chunks);
    let shift: T = 0;
    for (let row = begin; row < end; row++) {
      const at = <usize>row * bytes;
      const dx = load<usize>(p) + at;
      const x = load<usize>(p, 8) + at;
      const dy = load<usize>(p, 12) + at;
      const extra = load<usize>(p, 16) + at;
      if (row == begin) {
        if (CENTRED) shift = row_sample<T>(x, n);
        row_products<T>(spare, x, dy, weight, ws, n, shift);
      }
      coefficients<T>(CENTRED, spare, x, dy, weight, ws, n, shift, eps);
      if (row + 1 < end) {
        shift = CENTRED ? row_sample<T>(x + bytes, n) : 0;
        if (affine) {
          if (added) turn<T>(true, true, true, dx, sums, x, dy, extra, weight, ws, bytes, n, shift, spare);
          else turn<T>(true, true, false, dx, sums, x, dy, extra, weight, ws, bytes, n, shift, spare);
        } else if (added) turn<T>(true, false, true, dx, sums, x, dy, extra, weight, ws, bytes, n, shift, spare);
        else turn<T>(true, false, false, dx, sums, x, dy, extra, weight, ws, bytes, n, shift, spare);
      } else if (affine) {
        if (added) turn<T>(false, true, true, dx, sums, x, dy, extra, weight, ws, bytes, n, 0, spare);
        else turn<T>(false, true, false, dx, sums, x, dy, extra, weight, ws, bytes, n, 0, spare);
      } else if (added) turn<T>(false, false, true, dx, sums, x, dy, extra, weight, ws, bytes, n, 0, spare);
      else turn<T>(false, false, false, dx, sums, x, dy, extra, weight, ws, bytes, n, 0, spare);
    }
  }
}

/** From a row's sums to its coefficients: shift, 1/σ, offset of x̂, mean g, mean(g x̂). */
// @ts-ignore: decorator
@inline
function coefficients<T>(CENTRED: bool, spare: usize, x: usize, dy: usize, weight: usize, ws: usize, n: i32, shift: T, eps: f64): void {
  const count = <f64>n;
  let rest = CENTRED ? load<f64>(spare, SUMS) / count : 0;
  let variance = load<f64>(spare, SUMS + 8) / count - rest * rest;
  if (CENTRED && is_far(rest, variance)) {
    shift = <T>(<f64>shift + rest);
    row_products<T>(spare, x, dy, weight, ws, n, shift);
    rest = load<f64>(spare, SUMS) / count;
    variance = load<f64>(spare, SUMS + 8) / count - rest * rest;
  }
  const inverse = 1 / sqrt<f64>(max<f64>(0, variance) + eps);
  const total = load<f64>(spare, SUMS + 16);
  const product = (load<f64>(spare, SUMS + 24) - rest * total) * inverse;
  store<T>(spare, shift, TABLE);
  store<T>(spare, <T>inverse, TABLE + 8);
  store<T>(spare, <T>(-rest * inverse), TABLE + 16);
  store<T>(spare, <T>(CENTRED ? total / count : 0), TABLE + 24);
  store<T>(spare, <T>(product / count), TABLE + 32);
}

/** Adds a block's sums Σd, Σd², Σg, Σg d to the row's. */
// @ts-ignore: decorator
@inline
function accumulate<T>(spare: usize, fresh: bool, a: v128, b: v128, c: v128, d: v128): void {
  const zero = k2(0);
  store<f64>(spare, (fresh ? 0 : load<f64>(spare, SUMS)) + total_of<T>(a, zero), SUMS);
  store<f64>(spare, (fresh ? 0 : load<f64>(spare, SUMS + 8)) + total_of<T>(b, zero), SUMS + 8);
  store<f64>(spare, (fresh ? 0 : load<f64>(spare, SUMS + 16)) + total_of<T>(c, zero), SUMS + 16);
  store<f64>(spare, (fresh ? 0 : load<f64>(spare, SUMS + 24)) + total_of<T>(d, zero), SUMS + 24);
}

/** Sums of one row, in the order in which turn() takes them. */
function row_products<T>(spare: usize, x: usize, dy: usize, weight: usize, ws: usize, n: i32, shift: T): void {
  const m = v128.splat<T>(shift);
  const zero = k2(0);
  for (let first = 0; first < n; first += BLOCK) {
    const length = min(BLOCK, n - first);
    let a = zero, b = zero, c = zero, d = zero;
    for (let i = 0; i < length; i += lanes<T>()) {
      let u = v128.sub<T>(v128.load(x), m);
      let g = v128.mul<T>(v128.load(dy), v128.load(weight));
      if (length - i < lanes<T>()) {
        u = keep_first<T>(u, length - i);
        g = keep_first<T>(g, length - i);
      }
      a = v128.add<T>(a, u);
      b = madd<T>(u, u, b);
      c = v128.add<T>(c, g);
      d = madd<T>(g, u, d);
      x += 16;
      dy += 16;
      weight += ws;
    }
    accumulate<T>(spare, first == 0, a, b, c, d);
  }
}

/** x̂. */
// @ts-ignore: decorator
@inline
function normal<T>(x: v128, m: v128, r: v128, o: v128): v128 {
  return madd<T>(v128.sub<T>(x, m), r, o);
}

/** (dy w − mean g − x̂ mean(g x̂)) / σ. */
// @ts-ignore: decorator
@inline
function slope<T>(dy: v128, w: v128, h: v128, g: v128, p: v128, r: v128): v128 {
  return v128.mul<T>(nmadd<T>(h, p, v128.sub<T>(v128.mul<T>(dy, w), g)), r);
}

/** dx of a row and what it adds to the column sums (AFFINE), and the sums of the next row (AHEAD). AHEAD, AFFINE and ADDED are literals. */
// @ts-ignore: decorator
@inline
function turn<T>(
  AHEAD: bool, AFFINE: bool, ADDED: bool, dx: usize, sums: usize, x: usize, dy: usize, extra: usize, weight: usize, ws: usize, bytes: usize,
  n: i32, next: T, spare: usize,
): void {
  const m = v128.splat<T>(load<T>(spare, TABLE));
  const r = v128.splat<T>(load<T>(spare, TABLE + 8));
  const o = v128.splat<T>(load<T>(spare, TABLE + 16));
  const g = v128.splat<T>(load<T>(spare, TABLE + 24));
  const p = v128.splat<T>(load<T>(spare, TABLE + 32));
  const t = v128.splat<T>(next);
  const zero = k2(0);
  let bias_sums = sums + bytes;
  let next_x = x + bytes;
  let next_dy = dy + bytes;
  for (let first = 0; first < n; first += BLOCK) {
    const length = min(BLOCK, n - first);
    let a = zero, b = zero, c = zero, d = zero;
    let i = 0;
    for (; i <= length - 2 * lanes<T>(); i += 2 * lanes<T>()) {
      let w = v128.load(weight);
      weight += ws;
      if (AHEAD) {
        const u = v128.sub<T>(v128.load(next_x), t);
        const v = v128.mul<T>(v128.load(next_dy), w);
        a = v128.add<T>(a, u);
        b = madd<T>(u, u, b);
        c = v128.add<T>(c, v);
        d = madd<T>(v, u, d);
      }
      const d0 = v128.load(dy);
      const h0 = normal<T>(v128.load(x), m, r, o);
      let y = slope<T>(d0, w, h0, g, p, r);
      if (ADDED) y = v128.add<T>(y, v128.load(extra));
      v128.store(dx, y);
      if (AFFINE) {
        v128.store(sums, madd<T>(d0, h0, v128.load(sums)));
        v128.store(bias_sums, v128.add<T>(d0, v128.load(bias_sums)));
      }
      w = v128.load(weight);
      weight += ws;
      if (AHEAD) {
        const u = v128.sub<T>(v128.load(next_x, 16), t);
        const v = v128.mul<T>(v128.load(next_dy, 16), w);
        a = v128.add<T>(a, u);
        b = madd<T>(u, u, b);
        c = v128.add<T>(c, v);
        d = madd<T>(v, u, d);
        next_x += 32;
        next_dy += 32;
      }
      const d1 = v128.load(dy, 16);
      const h1 = normal<T>(v128.load(x, 16), m, r, o);
      y = slope<T>(d1, w, h1, g, p, r);
      if (ADDED) {
        y = v128.add<T>(y, v128.load(extra, 16));
        extra += 32;
      }
      v128.store(dx, y, 16);
      if (AFFINE) {
        v128.store(sums, madd<T>(d1, h1, v128.load(sums, 16)), 16);
        v128.store(bias_sums, v128.add<T>(d1, v128.load(bias_sums, 16)), 16);
        sums += 32;
        bias_sums += 32;
      }
      dx += 32;
      x += 32;
      dy += 32;
    }
    for (; i < length; i += lanes<T>()) {
      const w = v128.load(weight);
      if (AHEAD) {
        const u = keep_first<T>(v128.sub<T>(v128.load(next_x), t), length - i);
        const v = keep_first<T>(v128.mul<T>(v128.load(next_dy), w), length - i);
        a = v128.add<T>(a, u);
        b = madd<T>(u, u, b);
        c = v128.add<T>(c, v);
        d = madd<T>(v, u, d);
        next_x += 16;
        next_dy += 16;
      }
      const d0 = v128.load(dy);
      const h0 = normal<T>(v128.load(x), m, r, o);
      let y = slope<T>(d0, w, h0, g, p, r);
      if (ADDED) y = v128.add<T>(y, v128.load(extra));
      store_partial<T>(dx, y, length - i);
      if (AFFINE) {
        store_partial<T>(sums, madd<T>(d0, h0, v128.load(sums)), length - i);
        store_partial<T>(bias_sums, v128.add<T>(d0, v128.load(bias_sums)), length - i);
        sums += 16;
        bias_sums += 16;
      }
      dx += 16;
      x += 16;
      dy += 16;
      if (ADDED) extra += 16;
      weight += ws;
    }
    if (AHEAD) accumulate<T>(spare, first == 0, a, b, c, d);
  }
}
