/**
 * batchNorm where a channel is a column of a matrix (N, C): row after row of a block of columns, as memory has them, into sums in scratch. Four rows are
 * added in the type itself before they go into f64. The mean is taken first: a column's first elements would be as far away as all the others.
 */
import { scratch } from "../lib/control";
import { share_begin, share_end } from "../lib/rows";
import { lanes, madd, nmadd, store_partial } from "../lib/simd";
import { high, low } from "../lib/wide";
import { bias_of, eps_of, weight_of, workers } from "./slabs";

/** Columns at a time: an array of f64 takes 4 KiB, and all arrays stay in L1 or near it. */
const BLOCK: i32 = 512;
const ARRAY: usize = 4096;
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

/** Σ x of ROWS (a literal, 4 or 1) rows of n columns. */
// @ts-ignore: decorator
@inline
function add_rows<T>(ROWS: i32, s: usize, x: usize, bytes: usize, n: i32): void {
  for (let c = 0; c < n; c += lanes<T>()) {
    let v = v128.load(x);
    if (ROWS == 4) {
      const x2 = x + 2 * bytes;
      v = v128.add<T>(v128.add<T>(v, v128.load(x + bytes)), v128.add<T>(v128.load(x2), v128.load(x2 + bytes)));
    }
    add_to<T>(s + TOTAL + (<usize>c << 3), v);
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

/** Means of n columns, rounded to T, and the moments about them. */
// @ts-ignore: decorator
@inline
function column_moments<T>(s: usize, x: usize, rows: i32, bytes: usize, n: i32): void {
  memory.fill(s, 0, MEAN);
  let i = 0;
  for (; i <= rows - 4; i += 4) add_rows<T>(4, s, x + <usize>i * bytes, bytes, n);
  for (; i < rows; i++) add_rows<T>(1, s, x + <usize>i * bytes, bytes, n);
  // The last vector may reach past the columns; what is there is of no account.
  for (let c = 0; c < n + lanes<T>(); c++) store<T>(s + MEAN + <usize>c * sizeof<T>(), <T>(load<f64>(s + TOTAL + (<usize>c << 3)) / <f64>rows));
  memory.fill(s + TOTAL, 0, ARRAY);
  for (i = 0; i <= rows - 4; i += 4) add_moments<T>(4, s, x + <usize>i * bytes, bytes, n);
  for (; i < rows; i++) add_moments<T>(1, s, x + <usize>i * bytes, bytes, n);
}

/** Words at q as in slabs.ts, span 1. */
export function normalise_columns<T>(y: usize, mean: usize, variance: usize, x: usize, weight: usize, bias: usize, q: usize, thread: i32, threads: i32): void {
  const channels = load<i32>(q);
  const rows = load<i32>(q, 4);
  const bytes = <usize>channels * sizeof<T>();
  const s = scratch(thread);
  const sharers = workers(q, threads);
  if (thread >= sharers) return;
  const end = share_end(channels, 16, thread, sharers);
  for (let first = share_begin(channels, 16, thread, sharers); first < end; first += BLOCK - 16) {
    const n = min(BLOCK - 16, end - first);
    const at = <usize>first * sizeof<T>();
    column_moments<T>(s, x + at, rows, bytes, n);
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

export function columns_backward<T>(dx: usize, dweight: usize, dbias: usize, x: usize, dy: usize, weight: usize, q: usize, thread: i32, threads: i32): void {
  const channels = load<i32>(q);
  const rows = load<i32>(q, 4);
  const bytes = <usize>channels * sizeof<T>();
  const s = scratch(thread);
  const sharers = workers(q, threads);
  if (thread >= sharers) return;
  const end = share_end(channels, 16, thread, sharers);
  for (let first = share_begin(channels, 16, thread, sharers); first < end; first += BLOCK - 16) {
    const n = min(BLOCK - 16, end - first);
    const at = <usize>first * sizeof<T>();
    column_moments<T>(s, x + at, rows, bytes, n);
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
      write_dx<T>(s, dx + row, x + row, dy + row, n);
    }
  }
}

/** dx = (dy · weight − mean slope − x̂ · mean product) / σ of n columns of a row. */
// @ts-ignore: decorator
@inline
function write_dx<T>(s: usize, dx: usize, x: usize, dy: usize, n: i32): void {
  for (let c = 0; c < n; c += lanes<T>()) {
    const r = v128.load(s, SCALE);
    const h = madd<T>(v128.sub<T>(v128.load(x), v128.load(s, MEAN)), r, v128.load(s, OFFSET));
    const g = v128.sub<T>(v128.mul<T>(v128.load(dy), v128.load(s, WEIGHT)), v128.load(s, MEAN_SLOPE));
    const v = v128.mul<T>(nmadd<T>(h, v128.load(s, MEAN_PRODUCT), g), r);
    if (n - c >= lanes<T>()) v128.store(dx, v);
    else store_partial<T>(dx, v, n - c);
    s += 16;
    x += 16;
    dy += 16;
    dx += 16;
  }
}
