/**
 * batchNorm where a channel is a column of a matrix (N, C): row after row of a block of columns, as memory has them, into sums in scratch. Four rows are
 * added in the type itself before they go into f64. The mean is taken first: a column's first elements would be as far away as all the others.
 */
import { scratch } from "../lib/control";
import { share_begin, share_end } from "../lib/rows";
import { lanes, madd, nmadd, store_partial } from "../lib/simd";
import { high, low } from "../lib/wide";
import { bias_of, eps_of, weight_of, workers } from "./slabs";

/** Columns at a time, and a line more: an array of f64 takes 8 KiB, and those of a pass stay in L1 or near it. */
const BLOCK: i32 = 1024;
const ARRAY: usize = 8320;
/** Arrays in scratch: sums in f64, then coefficients of the type. */
const TOTAL: usize = 0;
const SQUARES: usize = ARRAY;
const SLOPES: usize = 2 * ARRAY;
const PRODUCTS: usize = 3 * ARRAY;
const MEAN: usize = 4 * ARRAY;
const SCALE: usize = 5 * ARRAY;
const OFFSET: usize = 6 * ARRAY;
const WEIGHT: usize = 7 * ARRAY;
const MEAN_SLOPE: usize = 8 * ARRAY;
const MEAN_PRODUCT: usize = 9 * ARRAY;
/** Σ x of STRETCH columns: what is read from memory first is read in runs as long as can be, which prefetchers follow. */
const WIDE: usize = 10 * ARRAY;
const STRETCH: i32 = 4096;

/** Columns of a block: as many in each, in units of 16; a rest of a few would cost a line of cache a row. */
// @ts-ignore: decorator
@inline
function columns_together(columns: i32): i32 {
  const vectors = 16 * max(1, (columns + BLOCK - 1) / BLOCK);
  return ((columns + vectors - 1) / vectors) * 16;
}

/** Zeros the sums of n columns, and of those that the last vector reaches past them. */
// @ts-ignore: decorator
@inline
function clear(sums: usize, n: i32): void {
  memory.fill(sums, 0, (<usize>n + 4) << 3);
}

/** Adds a vector of T to sums in f64. */
// @ts-ignore: decorator
@inline
function add_to<T>(sums: usize, v: v128): void {
  if (sizeof<T>() == 8) {
    v128.store(sums, v128.add<f64>(v128.load(sums), v));
  } else {
    v128.store(sums, v128.add<f64>(v128.load(sums), low(v)));
    v128.store(sums, v128.add<f64>(v128.load(sums, 16), high(v)), 16);
  }
}

/** x = a + b of n columns of a row. */
// @ts-ignore: decorator
@inline
function sum_row<T>(x: usize, a: usize, b: usize, n: i32): void {
  let c = 0;
  for (; c <= n - 4 * lanes<T>(); c += 4 * lanes<T>()) {
    v128.store(x, v128.add<T>(v128.load(a), v128.load(b)));
    v128.store(x, v128.add<T>(v128.load(a, 16), v128.load(b, 16)), 16);
    v128.store(x, v128.add<T>(v128.load(a, 32), v128.load(b, 32)), 32);
    v128.store(x, v128.add<T>(v128.load(a, 48), v128.load(b, 48)), 48);
    x += 64;
    a += 64;
    b += 64;
  }
  for (; c < n; c += lanes<T>()) {
    store_partial<T>(x, v128.add<T>(v128.load(a), v128.load(b)), n - c);
    x += 16;
    a += 16;
    b += 16;
  }
}

/** Σ x of ROWS (a literal, 4 or 1) rows of n columns. */
// @ts-ignore: decorator
@inline
function add_rows<T>(ROWS: i32, sums: usize, x: usize, bytes: usize, n: i32): void {
  for (let c = 0; c < n; c += lanes<T>()) {
    let v = v128.load(x);
    if (ROWS == 4) {
      const x2 = x + 2 * bytes;
      v = v128.add<T>(v128.add<T>(v, v128.load(x + bytes)), v128.add<T>(v128.load(x2), v128.load(x2 + bytes)));
    }
    add_to<T>(sums + (<usize>c << 3), v);
    x += 16;
  }
}

/** Σ d and Σ d² of ROWS rows, d = x − mean. */
// @ts-ignore: decorator
@inline
function add_moments<T>(ROWS: i32, s: usize, x: usize, bytes: usize, n: i32): void {
  for (let c = 0; c < n; c += lanes<T>()) {
    const m = v128.load(s + MEAN + <usize>c * sizeof<T>());
    let d = v128.sub<T>(v128.load(x), m);
    let total = d;
    let squares = v128.mul<T>(d, d);
    if (ROWS == 4) {
      const x2 = x + 2 * bytes;
      d = v128.sub<T>(v128.load(x + bytes), m);
      total = v128.add<T>(total, d);
      squares = madd<T>(d, d, squares);
      d = v128.sub<T>(v128.load(x2), m);
      total = v128.add<T>(total, d);
      squares = madd<T>(d, d, squares);
      d = v128.sub<T>(v128.load(x2 + bytes), m);
      total = v128.add<T>(total, d);
      squares = madd<T>(d, d, squares);
    }
    const at = s + (<usize>c << 3);
    add_to<T>(at + TOTAL, total);
    add_to<T>(at + SQUARES, squares);
    x += 16;
  }
}

/** Σ dy and Σ dy d of ROWS rows. */
// @ts-ignore: decorator
@inline
function add_products<T>(ROWS: i32, s: usize, x: usize, dy: usize, bytes: usize, n: i32): void {
  for (let c = 0; c < n; c += lanes<T>()) {
    const m = v128.load(s + MEAN + <usize>c * sizeof<T>());
    let g = v128.load(dy);
    let total = g;
    let products = v128.mul<T>(g, v128.sub<T>(v128.load(x), m));
    if (ROWS == 4) {
      const x2 = x + 2 * bytes;
      const dy2 = dy + 2 * bytes;
      g = v128.load(dy + bytes);
      total = v128.add<T>(total, g);
      products = madd<T>(g, v128.sub<T>(v128.load(x + bytes), m), products);
      g = v128.load(dy2);
      total = v128.add<T>(total, g);
      products = madd<T>(g, v128.sub<T>(v128.load(x2), m), products);
      g = v128.load(dy2 + bytes);
      total = v128.add<T>(total, g);
      products = madd<T>(g, v128.sub<T>(v128.load(x2 + bytes), m), products);
    }
    const at = s + (<usize>c << 3);
    add_to<T>(at + SLOPES, total);
    add_to<T>(at + PRODUCTS, products);
    x += 16;
    dy += 16;
  }
}

/** Σ x of n columns. Where `a` is not 0, x = a + b is written first: row by row, for twelve streams side by side would share the sets of a cache. */
// @ts-ignore: decorator
@inline
function column_sums<T>(sums: usize, x: usize, a: usize, b: usize, rows: i32, bytes: usize, n: i32): void {
  clear(sums, n);
  for (let i = 0; i < rows; i += 4) {
    const at = <usize>i * bytes;
    const some = min(4, rows - i);
    if (a != 0) for (let r = 0; r < some; r++) sum_row<T>(x + at + <usize>r * bytes, a + at + <usize>r * bytes, b + at + <usize>r * bytes, n);
    if (some == 4) add_rows<T>(4, sums, x + at, bytes, n);
    else for (let r = 0; r < some; r++) add_rows<T>(1, sums, x + at + <usize>r * bytes, bytes, n);
  }
}

/** Means of n columns from their sums, rounded to T, and the moments about them. */
// @ts-ignore: decorator
@inline
function column_moments<T>(s: usize, sums: usize, x: usize, rows: i32, bytes: usize, n: i32): void {
  clear(s + TOTAL, n);
  clear(s + SQUARES, n);
  // The last vector may reach past the columns; what is there is of no account.
  for (let c = 0; c < n + lanes<T>(); c++) store<T>(s + MEAN + <usize>c * sizeof<T>(), <T>(load<f64>(sums + (<usize>c << 3)) / <f64>rows));
  let i = 0;
  for (; i <= rows - 4; i += 4) add_moments<T>(4, s, x + <usize>i * bytes, bytes, n);
  for (; i < rows; i++) add_moments<T>(1, s, x + <usize>i * bytes, bytes, n);
}

/** As normalise_slabs, span 1. */
export function normalise_columns<T>(
  y: usize, mean: usize, variance: usize, x: usize, a: usize, b: usize, weight: usize, bias: usize, q: usize, thread: i32, threads: i32,
): void {
  const channels = load<i32>(q);
  const rows = load<i32>(q, 4);
  const bytes = <usize>channels * sizeof<T>();
  const s = scratch(thread);
  const sharers = workers(q, threads);
  if (thread >= sharers) return;
  const end = share_end(channels, 16, thread, sharers);
  for (let from = share_begin(channels, 16, thread, sharers); from < end; from += STRETCH) {
    const upto = min(end, from + STRETCH);
    const start = <usize>from * sizeof<T>();
    column_sums<T>(s + WIDE, x + start, a != 0 ? a + start : 0, b + start, rows, bytes, upto - from);
    const width = columns_together(upto - from);
    for (let first = from; first < upto; first += width) {
      const n = min(width, upto - first);
      const at = <usize>first * sizeof<T>();
      column_moments<T>(s, s + WIDE + (<usize>(first - from) << 3), x + at, rows, bytes, n);
      for (let c = 0; c < n; c++) {
        const to = <usize>c * sizeof<T>();
        const rest = load<f64>(s + TOTAL + (<usize>c << 3)) / <f64>rows;
        const spread = max<f64>(0, load<f64>(s + SQUARES + (<usize>c << 3)) / <f64>rows - rest * rest);
        const scale = weight_of<T>(q, weight, first + c) / sqrt<f64>(spread + eps_of(q));
        store<T>(s + SCALE + to, <T>scale);
        store<T>(s + OFFSET + to, <T>(bias_of<T>(q, bias, first + c) - rest * scale));
        store<T>(mean + at + to, <T>(<f64>load<T>(s + MEAN + to) + rest));
        store<T>(variance + at + to, <T>spread);
      }
      for (let i = 0; i < rows; i++) write_row<T>(s, y + at + <usize>i * bytes, x + at + <usize>i * bytes, n);
    }
  }
}

/** y = (x − mean) · scale + offset of n columns of a row. */
// @ts-ignore: decorator
@inline
function write_row<T>(s: usize, y: usize, x: usize, n: i32): void {
  for (let c = 0; c < n; c += lanes<T>()) {
    const v = madd<T>(v128.sub<T>(v128.load(x), v128.load(s, MEAN)), v128.load(s, SCALE), v128.load(s, OFFSET));
    if (n - c >= lanes<T>()) v128.store(y, v);
    else store_partial<T>(y, v, n - c);
    s += 16;
    x += 16;
    y += 16;
  }
}

/** As slabs_backward, span 1. */
export function columns_backward<T>(
  dx: usize, dweight: usize, dbias: usize, x: usize, dy: usize, extra: usize, weight: usize, q: usize, thread: i32, threads: i32,
): void {
  const channels = load<i32>(q);
  const rows = load<i32>(q, 4);
  const bytes = <usize>channels * sizeof<T>();
  const s = scratch(thread);
  const sharers = workers(q, threads);
  if (thread >= sharers) return;
  const end = share_end(channels, 16, thread, sharers);
  for (let from = share_begin(channels, 16, thread, sharers); from < end; from += STRETCH) {
    const upto = min(end, from + STRETCH);
    column_sums<T>(s + WIDE, x + <usize>from * sizeof<T>(), 0, 0, rows, bytes, upto - from);
    const width = columns_together(upto - from);
    for (let first = from; first < upto; first += width) {
      const n = min(width, upto - first);
      const at = <usize>first * sizeof<T>();
      column_moments<T>(s, s + WIDE + (<usize>(first - from) << 3), x + at, rows, bytes, n);
      clear(s + SLOPES, n);
      clear(s + PRODUCTS, n);
      let i = 0;
      for (; i <= rows - 4; i += 4) add_products<T>(4, s, x + at + <usize>i * bytes, dy + at + <usize>i * bytes, bytes, n);
      for (; i < rows; i++) add_products<T>(1, s, x + at + <usize>i * bytes, dy + at + <usize>i * bytes, bytes, n);
      for (let c = 0; c < n; c++) {
        const sum = s + (<usize>c << 3);
        const to = <usize>c * sizeof<T>();
        const rest = load<f64>(sum + TOTAL) / <f64>rows;
        const inverse = 1 / sqrt<f64>(max<f64>(0, load<f64>(sum + SQUARES) / <f64>rows - rest * rest) + eps_of(q));
        const total = load<f64>(sum + SLOPES);
        const normal = (load<f64>(sum + PRODUCTS) - rest * total) * inverse;
        const w = weight_of<T>(q, weight, first + c);
        store<T>(dweight + at + to, <T>normal);
        store<T>(dbias + at + to, <T>total);
        store<T>(s + SCALE + to, <T>inverse);
        store<T>(s + OFFSET + to, <T>(-rest * inverse));
        store<T>(s + WEIGHT + to, <T>w);
        store<T>(s + MEAN_SLOPE + to, <T>((w * total) / <f64>rows));
        store<T>(s + MEAN_PRODUCT + to, <T>((w * normal) / <f64>rows));
      }
      for (i = 0; i < rows; i++) {
        const row = at + <usize>i * bytes;
        if (extra != 0) write_dx<T>(true, s, dx + row, x + row, dy + row, extra + row, n);
        else write_dx<T>(false, s, dx + row, x + row, dy + row, 0, n);
      }
    }
  }
}

/** dx = (dy · weight − mean slope − x̂ · mean product) / σ of n columns of a row, plus `extra` (ADDED, a literal). */
// @ts-ignore: decorator
@inline
function write_dx<T>(ADDED: bool, s: usize, dx: usize, x: usize, dy: usize, extra: usize, n: i32): void {
  for (let c = 0; c < n; c += lanes<T>()) {
    const r = v128.load(s, SCALE);
    const h = madd<T>(v128.sub<T>(v128.load(x), v128.load(s, MEAN)), r, v128.load(s, OFFSET));
    const g = v128.sub<T>(v128.mul<T>(v128.load(dy), v128.load(s, WEIGHT)), v128.load(s, MEAN_SLOPE));
    let v = v128.mul<T>(nmadd<T>(h, v128.load(s, MEAN_PRODUCT), g), r);
    if (ADDED) {
      v = v128.add<T>(v, v128.load(extra));
      extra += 16;
    }
    if (n - c >= lanes<T>()) v128.store(dx, v);
    else store_partial<T>(dx, v, n - c);
    s += 16;
    x += 16;
    dy += 16;
    dx += 16;
  }
}
