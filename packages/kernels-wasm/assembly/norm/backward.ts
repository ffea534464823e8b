/**
 * Gradients of layerNorm and rmsNorm in one pass over memory. Mean and 1/σ are found again from the row, which has to be read anyway: it costs two of
 * some twenty instructions an element and saves keeping two values per row. With x̂ the normalised row and g = dy · weight:
 * dx = (g − mean g − x̂ · mean(g x̂)) / σ, dweight = Σ dy x̂, dbias = Σ dy over rows.
 * Two rows go together and share the weight and the column sums. Column sums are kept per chunk of rows, whose number the plan fixes, so that they do
 * not depend on threads; another launch adds the chunks.
 */
import { scratch } from "../lib/control";
import { BLOCK, keep_first, total_of } from "../lib/lane_sum";
import { share_begin, share_end } from "../lib/rows";
import { lanes, madd, nmadd, store_partial } from "../lib/simd";
import { k2 } from "../lib/wide";
import { SPLIT_LEAST } from "./normalise";
import { is_far, row_sample } from "./row";

/** Scratch: a vector of ones, what touch() leaves, then for each of two rows four sums in f64 and the coefficients, eight bytes apart. */
const LEFT: usize = 16;
const SUMS: usize = 64;
const TABLE: usize = 128;
const ROW_BYTES: usize = 128;
/** Columns between looks ahead: half a KiB of f32. */
const SEGMENT: i32 = 128;

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
    const end = share_end(rows, 2, chunk, chunks);
    for (let row = share_begin(rows, 2, chunk, chunks); row < end; row += 2) {
      const at = <usize>row * bytes;
      const x = load<usize>(p, 8) + at;
      const dy = load<usize>(p, 12) + at;
      const two = row + 1 < end;
      if (two) both<T>(CENTRED, spare, x, dy, weight, ws, n, eps);
      else single<T>(CENTRED, spare, x, dy, weight, ws, n, eps);
      for (let column = 0; column < n; column += SEGMENT) {
        const length = min(SEGMENT, n - column);
        const offset = <usize>column * sizeof<T>();
        const to = load<usize>(p) + at + offset;
        const extra = load<usize>(p, 16) + at + offset;
        // The next rows are on their way while these are computed (16384 × 384: 9.0 against 10.4 ms); whole pairs only, as nothing may be read far past the end.
        if (row + 3 < end) {
          const span = <usize>length * sizeof<T>();
          touch(spare, x + 2 * bytes + offset, bytes, span);
          touch(spare, dy + 2 * bytes + offset, bytes, span);
        }
        const w = weighted ? weight + offset : weight;
        if (two) {
          if (affine) {
            if (added) sweep<T>(2, true, true, to, sums + offset, x + offset, dy + offset, extra, w, ws, bytes, length, spare);
            else sweep<T>(2, true, false, to, sums + offset, x + offset, dy + offset, extra, w, ws, bytes, length, spare);
          } else if (added) sweep<T>(2, false, true, to, 0, x + offset, dy + offset, extra, w, ws, bytes, length, spare);
          else sweep<T>(2, false, false, to, 0, x + offset, dy + offset, extra, w, ws, bytes, length, spare);
        } else if (affine) {
          if (added) sweep<T>(1, true, true, to, sums + offset, x + offset, dy + offset, extra, w, ws, bytes, length, spare);
          else sweep<T>(1, true, false, to, sums + offset, x + offset, dy + offset, extra, w, ws, bytes, length, spare);
        } else if (added) sweep<T>(1, false, true, to, 0, x + offset, dy + offset, extra, w, ws, bytes, length, spare);
        else sweep<T>(1, false, false, to, 0, x + offset, dy + offset, extra, w, ws, bytes, length, spare);
      }
    }
  }
}

/** Reads one element of each cache line of two rows' segments, for no other purpose than to have them come nearer. */
function touch(spare: usize, at: usize, bytes: usize, length: usize): void {
  let all: u32 = 0;
  for (const end = at + length; at < end; at += 64) all |= load<u32>(at) | load<u32>(at + bytes);
  store<u32>(spare, all, LEFT);
}

// @ts-ignore: decorator
@inline
function single<T>(CENTRED: bool, spare: usize, x: usize, dy: usize, weight: usize, ws: usize, n: i32, eps: f64): void {
  const shift: T = CENTRED ? row_sample<T>(x, n) : 0;
  row_products<T>(1, spare, x, dy, weight, ws, n, shift, 0);
  coefficients<T>(CENTRED, spare, 0, x, dy, weight, ws, n, shift, eps);
}

// @ts-ignore: decorator
@inline
function both<T>(CENTRED: bool, spare: usize, x: usize, dy: usize, weight: usize, ws: usize, n: i32, eps: f64): void {
  const bytes = <usize>n * sizeof<T>();
  const shift: T = CENTRED ? row_sample<T>(x, n) : 0;
  const other: T = CENTRED ? row_sample<T>(x + bytes, n) : 0;
  row_products<T>(2, spare, x, dy, weight, ws, n, shift, other);
  coefficients<T>(CENTRED, spare, 0, x, dy, weight, ws, n, shift, eps);
  coefficients<T>(CENTRED, spare, ROW_BYTES, x + bytes, dy + bytes, weight, ws, n, other, eps);
}

/** From a row's sums (`at` bytes on) to its coefficients: shift, 1/σ, offset of x̂, mean g, mean(g x̂). */
// @ts-ignore: decorator
@inline
function coefficients<T>(CENTRED: bool, spare: usize, at: usize, x: usize, dy: usize, weight: usize, ws: usize, n: i32, shift: T, eps: f64): void {
  const count = <f64>n;
  const sums = spare + SUMS + at;
  let rest = CENTRED ? load<f64>(sums) / count : 0;
  let variance = load<f64>(sums, 8) / count - rest * rest;
  if (CENTRED && is_far(rest, variance)) {
    shift = <T>(<f64>shift + rest);
    row_products<T>(1, spare + at, x, dy, weight, ws, n, shift, 0);
    rest = load<f64>(sums) / count;
    variance = load<f64>(sums, 8) / count - rest * rest;
  }
  const inverse = 1 / sqrt<f64>(max<f64>(0, variance) + eps);
  const total = load<f64>(sums, 16);
  const product = (load<f64>(sums, 24) - rest * total) * inverse;
  const table = spare + TABLE + at;
  store<T>(table, shift);
  store<T>(table, <T>inverse, 8);
  store<T>(table, <T>(-rest * inverse), 16);
  store<T>(table, <T>(CENTRED ? total / count : 0), 24);
  store<T>(table, <T>(product / count), 32);
}

/** Σd, Σd², Σg, Σg d of one or two neighbouring rows, d = x − shift. */
// @ts-ignore: decorator
@inline
function row_products<T>(ROWS: i32, spare: usize, x: usize, dy: usize, weight: usize, ws: usize, n: i32, shift: T, other: T): void {
  const bytes = <usize>n * sizeof<T>();
  const m0 = v128.splat<T>(shift);
  const m1 = v128.splat<T>(other);
  const zero = k2(0);
  const sums = spare + SUMS;
  v128.store(sums, zero);
  v128.store(sums, zero, 16);
  if (ROWS > 1) {
    v128.store(sums, zero, 128);
    v128.store(sums, zero, 144);
  }
  for (let first = 0; first < n; first += BLOCK) {
    const length = min(BLOCK, n - first);
    let a0 = zero, a1 = zero, b0 = zero, b1 = zero, c0 = zero, c1 = zero, d0 = zero, d1 = zero;
    let i = 0;
    for (; i <= length - lanes<T>(); i += lanes<T>()) {
      const w = v128.load(weight);
      const u = v128.sub<T>(v128.load(x), m0);
      const g = v128.mul<T>(v128.load(dy), w);
      a0 = v128.add<T>(a0, u);
      b0 = madd<T>(u, u, b0);
      c0 = v128.add<T>(c0, g);
      d0 = madd<T>(g, u, d0);
      if (ROWS > 1) {
        const v = v128.sub<T>(v128.load(x + bytes), m1);
        const h = v128.mul<T>(v128.load(dy + bytes), w);
        a1 = v128.add<T>(a1, v);
        b1 = madd<T>(v, v, b1);
        c1 = v128.add<T>(c1, h);
        d1 = madd<T>(h, v, d1);
      }
      x += 16;
      dy += 16;
      weight += ws;
    }
    if (i < length) {
      const w = v128.load(weight);
      const u = keep_first<T>(v128.sub<T>(v128.load(x), m0), length - i);
      const g = keep_first<T>(v128.mul<T>(v128.load(dy), w), length - i);
      a0 = v128.add<T>(a0, u);
      b0 = madd<T>(u, u, b0);
      c0 = v128.add<T>(c0, g);
      d0 = madd<T>(g, u, d0);
      if (ROWS > 1) {
        const v = keep_first<T>(v128.sub<T>(v128.load(x + bytes), m1), length - i);
        const h = keep_first<T>(v128.mul<T>(v128.load(dy + bytes), w), length - i);
        a1 = v128.add<T>(a1, v);
        b1 = madd<T>(v, v, b1);
        c1 = v128.add<T>(c1, h);
        d1 = madd<T>(h, v, d1);
      }
    }
    accumulate<T>(sums, a0, b0, c0, d0);
    if (ROWS > 1) accumulate<T>(sums + ROW_BYTES, a1, b1, c1, d1);
  }
}

// @ts-ignore: decorator
@inline
function accumulate<T>(sums: usize, a: v128, b: v128, c: v128, d: v128): void {
  const zero = k2(0);
  store<f64>(sums, load<f64>(sums) + total_of<T>(a, zero));
  store<f64>(sums, load<f64>(sums, 8) + total_of<T>(b, zero), 8);
  store<f64>(sums, load<f64>(sums, 16) + total_of<T>(c, zero), 16);
  store<f64>(sums, load<f64>(sums, 24) + total_of<T>(d, zero), 24);
}

/** dx of one or two neighbouring rows, and what they add to the column sums. ROWS, AFFINE and ADDED are literals. */
// @ts-ignore: decorator
@inline
function sweep<T>(
  ROWS: i32, AFFINE: bool, ADDED: bool, dx: usize, sums: usize, x: usize, dy: usize, extra: usize, weight: usize, ws: usize, bytes: usize,
  n: i32, spare: usize,
): void {
  const table = spare + TABLE;
  const m0 = v128.splat<T>(load<T>(table));
  const r0 = v128.splat<T>(load<T>(table, 8));
  const o0 = v128.splat<T>(load<T>(table, 16));
  const g0 = v128.splat<T>(load<T>(table, 24));
  const p0 = v128.splat<T>(load<T>(table, 32));
  const m1 = v128.splat<T>(load<T>(table, 128));
  const r1 = v128.splat<T>(load<T>(table, 136));
  const o1 = v128.splat<T>(load<T>(table, 144));
  const g1 = v128.splat<T>(load<T>(table, 152));
  const p1 = v128.splat<T>(load<T>(table, 160));
  for (let i = 0; i < n; i += lanes<T>()) {
    const w = v128.load(weight);
    const d0 = v128.load(dy);
    const h0 = madd<T>(v128.sub<T>(v128.load(x), m0), r0, o0);
    let y0 = v128.mul<T>(nmadd<T>(h0, p0, v128.sub<T>(v128.mul<T>(d0, w), g0)), r0);
    if (ADDED) y0 = v128.add<T>(y0, v128.load(extra));
    let dw = AFFINE ? madd<T>(d0, h0, v128.load(sums)) : d0;
    let db = AFFINE ? v128.add<T>(d0, v128.load(sums + bytes)) : d0;
    let y1 = y0;
    if (ROWS > 1) {
      const d1 = v128.load(dy + bytes);
      const h1 = madd<T>(v128.sub<T>(v128.load(x + bytes), m1), r1, o1);
      y1 = v128.mul<T>(nmadd<T>(h1, p1, v128.sub<T>(v128.mul<T>(d1, w), g1)), r1);
      if (ADDED) y1 = v128.add<T>(y1, v128.load(extra + bytes));
      if (AFFINE) {
        dw = madd<T>(d1, h1, dw);
        db = v128.add<T>(d1, db);
      }
    }
    if (n - i >= lanes<T>()) {
      v128.store(dx, y0);
      if (ROWS > 1) v128.store(dx + bytes, y1);
      if (AFFINE) {
        v128.store(sums, dw);
        v128.store(sums + bytes, db);
      }
    } else {
      store_partial<T>(dx, y0, n - i);
      if (ROWS > 1) store_partial<T>(dx + bytes, y1, n - i);
      if (AFFINE) {
        store_partial<T>(sums, dw, n - i);
        store_partial<T>(sums + bytes, db, n - i);
      }
    }
    dx += 16;
    x += 16;
    dy += 16;
    if (ADDED) extra += 16;
    weight += ws;
    if (AFFINE) sums += 16;
  }
}
