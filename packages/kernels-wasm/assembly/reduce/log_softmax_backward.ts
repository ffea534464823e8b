/** dx = dy − e^y Σ dy of rows, y = log_softmax(x). Words: dx, y, dy, rows, row length. */
import { exp_wide } from "../lib/exp";
import { pinned_exp } from "../lib/exp_strip";
import { row_sum } from "../lib/lane_sum";
import { hidden_zero, pin, pin32 } from "../lib/pin";
import { share_begin, share_end } from "../lib/rows";
import { store_partial } from "../lib/simd";
import { high, k2, low, narrow } from "../lib/wide";
import { is_idle, sharers } from "./row";

/** dx = dy − e^y · total; the arithmetic of exp_strip. */
function finish32(dx: usize, y: usize, dy: usize, n: i32, sum: f64): void {
  const zero = hidden_zero(n);
  const total = pin(sum, zero);
  const top = pin32(200, zero);
  const bottom = pin32(-200, zero);
  const log2e = pin(1.4426950408889634, zero);
  const rounder = pin(6755399441055744.0, zero);
  const ln2 = pin(0.6931471805599453, zero);
  const one = pin(1.0, zero);
  const c0 = pin(0.500000006768109, zero);
  const c1 = pin(0.1666666586907851, zero);
  const c2 = pin(0.04166629494768501, zero);
  const c3 = pin(0.008333497041269634, zero);
  const c4 = pin(0.001394465970397555, zero);
  const c5 = pin(0.00019790359937469387, zero);
  for (let i = 0; i < n; i += 4) {
    const u = v128.pmax<f32>(v128.pmin<f32>(v128.load(y), top), bottom);
    const v = v128.load(dy);
    const e = pinned_exp(low(u), log2e, rounder, ln2, one, c0, c1, c2, c3, c4, c5);
    const f = pinned_exp(high(u), log2e, rounder, ln2, one, c0, c1, c2, c3, c4, c5);
    const dxs = narrow(v128.sub<f64>(low(v), v128.mul<f64>(e, total)), v128.sub<f64>(high(v), v128.mul<f64>(f, total)));
    if (n - i >= 4) v128.store(dx, dxs);
    else store_partial<f32>(dx, dxs, n - i);
    dx += 16;
    y += 16;
    dy += 16;
  }
}

function finish64(dx: usize, y: usize, dy: usize, n: i32, sum: f64): void {
  const total = k2(sum);
  for (let i = 0; i < n; i += 2) {
    store_partial<f64>(dx, v128.sub<f64>(v128.load(dy), v128.mul<f64>(exp_wide<f64>(v128.load(y)), total)), n - i);
    dx += 16;
    y += 16;
    dy += 16;
  }
}

function log_softmax_backward<T>(p: usize, thread: i32, threads: i32): void {
  const rows = load<i32>(p, 12);
  const n = load<i32>(p, 16);
  if (is_idle(rows, n, thread)) return;
  const workers = sharers(rows, n, threads);
  const end = share_end(rows, 1, thread, workers);
  for (let row = share_begin(rows, 1, thread, workers); row < end; row++) {
    const at = <usize>row * <usize>n * sizeof<T>();
    const dy = load<usize>(p, 8) + at;
    const total = row_sum<T>(dy, n);
    if (sizeof<T>() == 4) finish32(load<usize>(p) + at, load<usize>(p, 4) + at, dy, n, total);
    else finish64(load<usize>(p) + at, load<usize>(p, 4) + at, dy, n, total);
  }
}

export function log_softmax_backward_f32(p: usize, thread: i32, threads: i32): void {
  log_softmax_backward<f32>(p, thread, threads);
}

export function log_softmax_backward_f64(p: usize, thread: i32, threads: i32): void {
  log_softmax_backward<f64>(p, thread, threads);
}
