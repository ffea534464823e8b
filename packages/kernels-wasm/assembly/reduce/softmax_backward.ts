/** dx = y (dy − Σ y dy) of rows, in f64 up to the last rounding. Words: dx, y, dy, rows, row length. */
import { share_begin, share_end } from "../lib/rows";
import { hsum, lanes, store_partial } from "../lib/simd";
import { high, k2, low, narrow } from "../lib/wide";
import { is_idle, load_filled, sharers } from "./row";

/** Σ a b of n elements. */
function dot<T>(a: usize, b: usize, n: i32): f64 {
  let s = k2(0);
  let t = s;
  for (let i = 0; i < n; i += lanes<T>()) {
    const u = load_filled<T>(a, n - i, 0);
    const v = load_filled<T>(b, n - i, 0);
    if (sizeof<T>() == 4) {
      s = v128.add<f64>(s, v128.mul<f64>(low(u), low(v)));
      t = v128.add<f64>(t, v128.mul<f64>(high(u), high(v)));
    } else {
      s = v128.add<f64>(s, v128.mul<f64>(u, v));
    }
    a += 16;
    b += 16;
  }
  return hsum<f64>(v128.add<f64>(s, t));
}

function softmax_backward<T>(p: usize, thread: i32, threads: i32): void {
  const rows = load<i32>(p, 12);
  const n = load<i32>(p, 16);
  if (is_idle(rows, n, thread)) return;
  const workers = sharers(rows, n, threads);
  const end = share_end(rows, 1, thread, workers);
  for (let row = share_begin(rows, 1, thread, workers); row < end; row++) {
    const at = <usize>row * <usize>n * sizeof<T>();
    const dx = load<usize>(p) + at;
    const y = load<usize>(p, 4) + at;
    const dy = load<usize>(p, 8) + at;
    const total = k2(dot<T>(y, dy, n));
    for (let i = 0; i < n; i += lanes<T>()) {
      const offset = <usize>i * sizeof<T>();
      const u = load_filled<T>(y + offset, n - i, 0);
      const v = load_filled<T>(dy + offset, n - i, 0);
      if (sizeof<T>() == 4) {
        const a = v128.mul<f64>(low(u), v128.sub<f64>(low(v), total));
        const b = v128.mul<f64>(high(u), v128.sub<f64>(high(v), total));
        store_partial<f32>(dx + offset, narrow(a, b), n - i);
      } else {
        store_partial<f64>(dx + offset, v128.mul<f64>(u, v128.sub<f64>(v, total)), n - i);
      }
    }
  }
}

export function softmax_backward_f32(p: usize, thread: i32, threads: i32): void {
  softmax_backward<f32>(p, thread, threads);
}

export function softmax_backward_f64(p: usize, thread: i32, threads: i32): void {
  softmax_backward<f64>(p, thread, threads);
}
