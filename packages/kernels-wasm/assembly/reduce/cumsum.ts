/** Running sums along an axis, in f64; integers wrap around. Words: y, x, slabs, length of the axis, its stride (the elements of a slab's inner part), 1 = backwards. */
import { share_begin, share_end } from "../lib/rows";
import { lanes, load_partial, store_partial } from "../lib/simd";
import { high, k2, low, narrow } from "../lib/wide";

/** One column: `step` bytes from element to element, first element at x. */
function run<T, A>(y: usize, x: usize, n: i32, step: isize): void {
  let total: A = 0;
  for (let i = 0; i < n; i++) {
    total += <A>load<T>(x);
    store<T>(y, <T>total);
    x += step;
    y += step;
  }
}

/** A vector of `width` (1 … lanes) columns. */
function run_vector<T>(y: usize, x: usize, n: i32, step: isize, width: i32): void {
  let a = k2(0);
  let b = k2(0);
  for (let i = 0; i < n; i++) {
    const u = load_partial<T>(x, width);
    if (isInteger<T>()) {
      a = v128.add<T>(a, u);
      store_partial<T>(y, a, width);
    } else if (sizeof<T>() == 4) {
      a = v128.add<f64>(a, low(u));
      b = v128.add<f64>(b, high(u));
      store_partial<T>(y, narrow(a, b), width);
    } else {
      a = v128.add<f64>(a, u);
      store_partial<T>(y, a, width);
    }
    x += step;
    y += step;
  }
}

/** Totals of a single column are A. */
function cumsum<T, A>(p: usize, thread: i32, threads: i32): void {
  const slabs = load<i32>(p, 8);
  const n = load<i32>(p, 12);
  const inner = load<i32>(p, 16);
  const stride = <usize>inner * sizeof<T>();
  const backwards = load<i32>(p, 20) != 0;
  const step: isize = backwards ? -(<isize>stride) : <isize>stride;
  const start = backwards ? <usize>(n - 1) * stride : 0;
  // Units are vectors of columns; a slab's last one may be narrower.
  const groups = (inner + lanes<T>() - 1) / lanes<T>();
  const end = share_end(slabs * groups, 1, thread, threads);
  for (let unit = share_begin(slabs * groups, 1, thread, threads); unit < end; unit++) {
    const slab = unit / groups;
    const column = (unit - slab * groups) * lanes<T>();
    const at = <usize>slab * <usize>n * stride + start + <usize>column * sizeof<T>();
    const width = min(lanes<T>(), inner - column);
    if (width == 1) run<T, A>(load<usize>(p) + at, load<usize>(p, 4) + at, n, step);
    else run_vector<T>(load<usize>(p) + at, load<usize>(p, 4) + at, n, step, width);
  }
}

export function cumsum_f32(p: usize, thread: i32, threads: i32): void {
  cumsum<f32, f64>(p, thread, threads);
}

export function cumsum_f64(p: usize, thread: i32, threads: i32): void {
  cumsum<f64, f64>(p, thread, threads);
}

export function cumsum_i32(p: usize, thread: i32, threads: i32): void {
  cumsum<i32, i32>(p, thread, threads);
}
