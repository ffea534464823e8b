/** dx = y (dy − Σ y dy) of rows. Words: dx, y, dy, rows, row length. */
import { BLOCK, keep_first, total_of } from "../lib/lane_sum";
import { share_begin, share_end } from "../lib/rows";
import { lanes, madd, store_partial } from "../lib/simd";
import { k2 } from "../lib/wide";
import { is_idle, sharers } from "./row";

/** Σ a b of n elements. */
function dot<T>(a: usize, b: usize, n: i32): f64 {
  let total: f64 = 0;
  const zero = k2(0);
  for (let first = 0; first < n; first += BLOCK) {
    const length = min(BLOCK, n - first);
    let s = zero;
    let t = zero;
    let i = 0;
    for (; i <= length - 2 * lanes<T>(); i += 2 * lanes<T>()) {
      s = madd<T>(v128.load(a), v128.load(b), s);
      t = madd<T>(v128.load(a, 16), v128.load(b, 16), t);
      a += 32;
      b += 32;
    }
    for (; i < length; i += lanes<T>()) {
      s = v128.add<T>(s, keep_first<T>(v128.mul<T>(v128.load(a), v128.load(b)), length - i));
      a += 16;
      b += 16;
    }
    total += total_of<T>(s, t);
  }
  return total;
}

function softmax_backward<T>(p: usize, thread: i32, threads: i32): void {
  const rows = load<i32>(p, 12);
  const n = load<i32>(p, 16);
  if (is_idle(rows, n, thread)) return;
  const workers = sharers(rows, n, threads);
  const end = share_end(rows, 1, thread, workers);
  for (let row = share_begin(rows, 1, thread, workers); row < end; row++) {
    const at = <usize>row * <usize>n * sizeof<T>();
    let dx = load<usize>(p) + at;
    let y = load<usize>(p, 4) + at;
    let dy = load<usize>(p, 8) + at;
    const total = v128.splat<T>(<T>dot<T>(y, dy, n));
    let i = 0;
    for (; i <= n - 2 * lanes<T>(); i += 2 * lanes<T>()) {
      v128.store(dx, v128.mul<T>(v128.load(y), v128.sub<T>(v128.load(dy), total)));
      v128.store(dx, v128.mul<T>(v128.load(y, 16), v128.sub<T>(v128.load(dy, 16), total)), 16);
      dx += 32;
      y += 32;
      dy += 32;
    }
    for (; i < n; i += lanes<T>()) {
      store_partial<T>(dx, v128.mul<T>(v128.load(y), v128.sub<T>(v128.load(dy), total)), n - i);
      dx += 16;
      y += 16;
      dy += 16;
    }
  }
}

export function softmax_backward_f32(p: usize, thread: i32, threads: i32): void {
  softmax_backward<f32>(p, thread, threads);
}

export function softmax_backward_f64(p: usize, thread: i32, threads: i32): void {
  softmax_backward<f64>(p, thread, threads);
}
