/** Exponentials of one contiguous row and their sum, the core of softmax and cross-entropy, summed in an order that the row's length alone decides. */
import { exp_wide } from "./exp";
import { C0, C1, C2, C3, C4, exp_single, LEAST, LN2_HI, LN2_LO, LOG2E, ROUNDER } from "./exp_single";
import { BLOCK, total_of } from "./lane_sum";
import { hidden_zero, pin32 } from "./pin";
import { hsum, lanes, store_partial } from "./simd";
import { k2 } from "./wide";

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
export function top_of<T>(a: v128): f64 {
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
  let next = x + <usize>n * sizeof<T>();
  let top = v128.splat<T>(<T>-Infinity);
  let total: f64 = 0;
  if (sizeof<T>() == 8) {
    const s = k2(shift);
    let a = k2(0);
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
    total = hsum<f64>(a);
  } else {
    const zero = hidden_zero(n);
    const s = pin32(<f32>shift, zero);
    const least = pin32(LEAST, zero);
    const log2e = pin32(LOG2E, zero);
    const rounder = pin32(ROUNDER, zero);
    const ln2_hi = pin32(LN2_HI, zero);
    const ln2_lo = pin32(LN2_LO, zero);
    const c0 = pin32(C0, zero);
    const c1 = pin32(C1, zero);
    const c2 = pin32(C2, zero);
    const c3 = pin32(C3, zero);
    const c4 = pin32(C4, zero);
    for (let first = 0; first < n; first += BLOCK) {
      const m = min(BLOCK, n - first);
      let a = k2(0);
      let b = a;
      let i = 0;
      for (; i <= m - 8; i += 8) {
        const e = exp_single(v128.sub<f32>(v128.load(x), s), least, log2e, rounder, ln2_hi, ln2_lo, c0, c1, c2, c3, c4);
        const f = exp_single(v128.sub<f32>(v128.load(x, 16), s), least, log2e, rounder, ln2_hi, ln2_lo, c0, c1, c2, c3, c4);
        if (STORE) {
          v128.store(y, e);
          v128.store(y, f, 16);
          y += 32;
        }
        if (AHEAD) {
          top = v128.pmax<f32>(v128.pmax<f32>(top, v128.load(next)), v128.load(next, 16));
          next += 32;
        }
        a = v128.add<f32>(a, e);
        b = v128.add<f32>(b, f);
        x += 32;
      }
      for (; i < m; i += 4) {
        const u = v128.sub<f32>(load_filled<f32>(x, m - i, -Infinity), s);
        const e = exp_single(u, least, log2e, rounder, ln2_hi, ln2_lo, c0, c1, c2, c3, c4);
        if (STORE) store_partial<f32>(y, e, m - i);
        if (AHEAD) top = v128.pmax<f32>(top, load_filled<f32>(next, m - i, -Infinity));
        a = v128.add<f32>(a, e);
        x += 16;
        y += 16;
        next += 16;
      }
      total += total_of<f32>(a, b);
    }
  }
  if (AHEAD) store<f64>(out, top_of<T>(top));
  return total;
}

/** y = e^(x − shift), and Σ y; with `out`, also row_top of the next n elements. */
export function row_exp<T>(y: usize, x: usize, n: i32, shift: f64, out: usize = 0): f64 {
  return out == 0 ? exp_row<T>(true, false, y, x, n, shift, 0) : exp_row<T>(true, true, y, x, n, shift, out);
}

/** Σ e^(x − shift); with `out`, also row_top of the next n elements. */
export function row_exp_sum<T>(x: usize, n: i32, shift: f64, out: usize = 0): f64 {
  return out == 0 ? exp_row<T>(false, false, 0, x, n, shift, 0) : exp_row<T>(false, true, 0, x, n, shift, out);
}
