/**
 * Exponentials of one contiguous row and their sum, the core of softmax and cross-entropy. f32: the arithmetic of exp_strip with its constants pinned,
 * in f64 lanes after an exact subtraction. Sums are f64 in an order that the row's length alone decides.
 */
import { exp_wide } from "./exp";
import { pinned_exp } from "./exp_strip";
import { hidden_zero, pin } from "./pin";
import { hsum, lanes, store_partial } from "./simd";
import { high, k2, low, narrow } from "./wide";

/** The first n (≥ 1) elements at p and fillers behind them; reads whole vectors. */
// @ts-ignore: decorator
@inline
export function load_filled<T>(p: usize, n: i32, fill: f64): v128 {
  const lane = sizeof<T>() == 4 ? i32x4(0, 1, 2, 3) : i64x2(0, 1);
  const inside = sizeof<T>() == 4 ? v128.lt<i32>(lane, v128.splat<i32>(n)) : v128.lt<i64>(lane, v128.splat<i64>(n));
  return v128.bitselect(v128.load(p), v128.splat<T>(<T>fill), inside);
}

/** Largest of n elements, NaN left out: one instruction a vector, where a maximum that keeps NaN takes eight. The exponentials keep it. */
export function row_top<T>(x: usize, n: i32): f64 {
  let a = v128.splat<T>(<T>-Infinity);
  let b = a;
  let c = a;
  let d = a;
  let i = 0;
  for (; i <= n - 4 * lanes<T>(); i += 4 * lanes<T>()) {
    a = v128.pmax<T>(a, v128.load(x));
    b = v128.pmax<T>(b, v128.load(x, 16));
    c = v128.pmax<T>(c, v128.load(x, 32));
    d = v128.pmax<T>(d, v128.load(x, 48));
    x += 64;
  }
  for (; i < n; i += lanes<T>()) {
    a = v128.pmax<T>(a, load_filled<T>(x, n - i, -Infinity));
    x += 16;
  }
  return top_of<T>(v128.pmax<T>(v128.pmax<T>(a, b), v128.pmax<T>(c, d)));
}

/** Largest lane. */
// @ts-ignore: decorator
@inline
function top_of<T>(a: v128): f64 {
  const half = v128.pmax<T>(a, v128.shuffle<i64>(a, a, 1, 0));
  if (sizeof<T>() == 8) return f64x2.extract_lane(half, 0);
  return max<f64>(f32x4.extract_lane(half, 0), f32x4.extract_lane(half, 1));
}

/**
 * Σ e^(x − shift) of n elements, none above the shift; they go to y as well (STORE). AHEAD: the largest of the n elements that follow goes to `out`, which
 * hides the time they take to arrive behind the arithmetic. Both are literals.
 */
// @ts-ignore: decorator
@inline
function exp_row<T>(STORE: bool, AHEAD: bool, y: usize, x: usize, n: i32, shift: f64, out: usize): f64 {
  const zero = hidden_zero(n);
  let next = x + <usize>n * sizeof<T>();
  let top = v128.splat<T>(<T>-Infinity);
  const s = pin(shift, zero);
  let a = k2(0);
  if (sizeof<T>() == 8) {
    for (let i = 0; i < n; i += 2) {
      const e = exp_wide<f64>(v128.sub<f64>(load_filled<f64>(x, n - i, -Infinity), s));
      if (STORE) store_partial<f64>(y + (<usize>i << 3), e, n - i);
      if (AHEAD) {
        top = v128.pmax<T>(top, load_filled<T>(next, n - i, -Infinity));
        next += 16;
      }
      a = v128.add<f64>(a, e);
      x += 16;
    }
    if (AHEAD) store<f64>(out, top_of<T>(top));
    return hsum<f64>(a);
  }
  // e^−200 is below every f32, and within f64; NaN passes.
  const bottom = v128.splat<f32>(<f32>(shift - 200));
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
  let b = a;
  let i = 0;
  for (; i <= n - 4; i += 4) {
    const u = v128.pmax<f32>(v128.load(x), bottom);
    const e = pinned_exp(v128.sub<f64>(low(u), s), log2e, rounder, ln2, one, c0, c1, c2, c3, c4, c5);
    const f = pinned_exp(v128.sub<f64>(high(u), s), log2e, rounder, ln2, one, c0, c1, c2, c3, c4, c5);
    if (STORE) {
      v128.store(y, narrow(e, f));
      y += 16;
    }
    if (AHEAD) {
      top = v128.pmax<T>(top, v128.load(next));
      next += 16;
    }
    a = v128.add<f64>(a, e);
    b = v128.add<f64>(b, f);
    x += 16;
  }
  if (i < n) {
    const u = v128.pmax<f32>(load_filled<f32>(x, n - i, -Infinity), bottom);
    const e = pinned_exp(v128.sub<f64>(low(u), s), log2e, rounder, ln2, one, c0, c1, c2, c3, c4, c5);
    const f = pinned_exp(v128.sub<f64>(high(u), s), log2e, rounder, ln2, one, c0, c1, c2, c3, c4, c5);
    if (STORE) store_partial<f32>(y, narrow(e, f), n - i);
    if (AHEAD) top = v128.pmax<T>(top, load_filled<T>(next, n - i, -Infinity));
    a = v128.add<f64>(a, e);
    b = v128.add<f64>(b, f);
  }
  if (AHEAD) store<f64>(out, top_of<T>(top));
  return hsum<f64>(v128.add<f64>(a, b));
}

/** y = e^(x − shift), and Σ y; with `out`, also row_top of the next n elements. */
export function row_exp<T>(y: usize, x: usize, n: i32, shift: f64, out: usize = 0): f64 {
  return out == 0 ? exp_row<T>(true, false, y, x, n, shift, 0) : exp_row<T>(true, true, y, x, n, shift, out);
}

/** Σ e^(x − shift); with `out`, also row_top of the next n elements. */
export function row_exp_sum<T>(x: usize, n: i32, shift: f64, out: usize = 0): f64 {
  return out == 0 ? exp_row<T>(false, false, 0, x, n, shift, 0) : exp_row<T>(false, true, 0, x, n, shift, out);
}
