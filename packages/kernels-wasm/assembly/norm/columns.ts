/**
 * batchNorm where a channel is a column of a matrix (N, C): a vector of channels at a time, down all rows. Sums are f64; the mean is taken before the
 * moments, as a column's first element tells little of the rest.
 */
import { scratch } from "../lib/control";
import { share_begin, share_end } from "../lib/rows";
import { lanes, madd, nmadd, store_partial } from "../lib/simd";
import { high, k2, low } from "../lib/wide";
import { bias_of, eps_of, weight_of, workers } from "./slabs";

/** Elements 0 and 1 in f64. */
// @ts-ignore: decorator
@inline
function front<T>(v: v128): v128 {
  return sizeof<T>() == 4 ? low(v) : v;
}

/** Elements 2 and 3 of four in f64; zeros where there are two. */
// @ts-ignore: decorator
@inline
function back<T>(v: v128): v128 {
  return sizeof<T>() == 4 ? high(v) : k2(0);
}

/** Means of a vector of columns, rounded to T, to `out`. */
// @ts-ignore: decorator
@inline
function column_means<T>(out: usize, x: usize, rows: i32, bytes: usize): void {
  let a = k2(0);
  let b = a;
  for (let i = 0; i < rows; i++, x += bytes) {
    const v = v128.load(x);
    a = v128.add<f64>(a, front<T>(v));
    b = v128.add<f64>(b, back<T>(v));
  }
  v128.store(out, a);
  v128.store(out, b, 16);
  for (let k: usize = 0; k < <usize>lanes<T>(); k++) store<T>(out + 32 + k * sizeof<T>(), <T>(load<f64>(out + (k << 3)) / <f64>rows));
}

/** Words at q as in slabs.ts, span 1. */
export function normalise_columns<T>(y: usize, mean: usize, variance: usize, x: usize, weight: usize, bias: usize, q: usize, thread: i32, threads: i32): void {
  const channels = load<i32>(q);
  const rows = load<i32>(q, 4);
  const bytes = <usize>channels * sizeof<T>();
  const spare = scratch(thread);
  const sharers = workers(q, threads);
  if (thread >= sharers) return;
  const end = share_end(channels, 16, thread, sharers);
  for (let c = share_begin(channels, 16, thread, sharers); c < end; c += lanes<T>()) {
    const n = min(lanes<T>(), end - c);
    const at = <usize>c * sizeof<T>();
    column_means<T>(spare, x + at, rows, bytes);
    const m = v128.load(spare, 32);
    let a = k2(0), b = a, d = a, e = a;
    let from = x + at;
    for (let i = 0; i < rows; i++, from += bytes) {
      const v = v128.sub<T>(v128.load(from), m);
      a = v128.add<f64>(a, front<T>(v));
      b = v128.add<f64>(b, back<T>(v));
      d = madd<f64>(front<T>(v), front<T>(v), d);
      e = madd<f64>(back<T>(v), back<T>(v), e);
    }
    v128.store(spare, a, 64);
    v128.store(spare, b, 80);
    v128.store(spare, d, 96);
    v128.store(spare, e, 112);
    for (let k = 0; k < n; k++) {
      const lane = spare + (<usize>k << 3);
      const rest = load<f64>(lane, 64) / <f64>rows;
      const spread = max<f64>(0, load<f64>(lane, 96) / <f64>rows - rest * rest);
      const scale = weight_of<T>(q, weight, c + k) / sqrt<f64>(spread + eps_of(q));
      const to = <usize>k * sizeof<T>();
      store<T>(spare + 128 + to, <T>scale);
      store<T>(spare + 144 + to, <T>(bias_of<T>(q, bias, c + k) - rest * scale));
      store<T>(mean + at + to, <T>(<f64>load<T>(spare + 32 + to) + rest));
      store<T>(variance + at + to, <T>spread);
    }
    const f = v128.load(spare, 128);
    const o = v128.load(spare, 144);
    from = x + at;
    let to = y + at;
    for (let i = 0; i < rows; i++, from += bytes, to += bytes) store_partial<T>(to, madd<T>(v128.sub<T>(v128.load(from), m), f, o), n);
  }
}

export function columns_backward<T>(dx: usize, dweight: usize, dbias: usize, x: usize, dy: usize, weight: usize, q: usize, thread: i32, threads: i32): void {
  const channels = load<i32>(q);
  const rows = load<i32>(q, 4);
  const bytes = <usize>channels * sizeof<T>();
  const spare = scratch(thread);
  const sharers = workers(q, threads);
  if (thread >= sharers) return;
  const end = share_end(channels, 16, thread, sharers);
  for (let c = share_begin(channels, 16, thread, sharers); c < end; c += lanes<T>()) {
    const n = min(lanes<T>(), end - c);
    const at = <usize>c * sizeof<T>();
    column_means<T>(spare, x + at, rows, bytes);
    const m = v128.load(spare, 32);
    let a0 = k2(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
    let from = x + at;
    let slope = dy + at;
    for (let i = 0; i < rows; i++, from += bytes, slope += bytes) {
      const v = v128.sub<T>(v128.load(from), m);
      const g = v128.load(slope);
      a0 = v128.add<f64>(a0, front<T>(v));
      a1 = v128.add<f64>(a1, back<T>(v));
      b0 = madd<f64>(front<T>(v), front<T>(v), b0);
      b1 = madd<f64>(back<T>(v), back<T>(v), b1);
      c0 = v128.add<f64>(c0, front<T>(g));
      c1 = v128.add<f64>(c1, back<T>(g));
      d0 = madd<f64>(front<T>(g), front<T>(v), d0);
      d1 = madd<f64>(back<T>(g), back<T>(v), d1);
    }
    v128.store(spare, a0, 64);
    v128.store(spare, a1, 80);
    v128.store(spare, b0, 96);
    v128.store(spare, b1, 112);
    v128.store(spare, c0, 128);
    v128.store(spare, c1, 144);
    v128.store(spare, d0, 160);
    v128.store(spare, d1, 176);
    for (let k = 0; k < n; k++) {
      const lane = spare + (<usize>k << 3);
      const rest = load<f64>(lane, 64) / <f64>rows;
      const inverse = 1 / sqrt<f64>(max<f64>(0, load<f64>(lane, 96) / <f64>rows - rest * rest) + eps_of(q));
      const total = load<f64>(lane, 128);
      const normal = (load<f64>(lane, 160) - rest * total) * inverse;
      const w = weight_of<T>(q, weight, c + k);
      const to = <usize>k * sizeof<T>();
      store<T>(dweight + at + to, <T>normal);
      store<T>(dbias + at + to, <T>total);
      store<T>(spare + 192 + to, <T>inverse);
      store<T>(spare + 208 + to, <T>(-rest * inverse));
      store<T>(spare + 224 + to, <T>w);
      store<T>(spare + 240 + to, <T>((w * total) / <f64>rows));
      store<T>(spare + 256 + to, <T>((w * normal) / <f64>rows));
    }
    const r = v128.load(spare, 192);
    const o = v128.load(spare, 208);
    const w = v128.load(spare, 224);
    const a = v128.load(spare, 240);
    const b = v128.load(spare, 256);
    from = x + at;
    slope = dy + at;
    let to = dx + at;
    for (let i = 0; i < rows; i++, from += bytes, slope += bytes, to += bytes) {
      const h = madd<T>(v128.sub<T>(v128.load(from), m), r, o);
      store_partial<T>(to, v128.mul<T>(nmadd<T>(h, b, v128.sub<T>(v128.mul<T>(v128.load(slope), w), a)), r), n);
    }
  }
}
