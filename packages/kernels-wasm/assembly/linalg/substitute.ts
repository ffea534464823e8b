/** Forward and backward substitution through any strides: what triangular and LU solves have in common. Strides count elements. */
import { madd } from "../lib/simd";
import { dot, high, low, store_four, subtract_scaled } from "./vector";

/** Systems solved side by side; shares of the systems are multiples of it, so that each takes the same path for any number of threads. */
export const SIDE_BY_SIDE: i32 = 4;

/**
 * Systems `first` to `last` of T X = B: unknown i of system c is at x + i·xr + c·xc, its right-hand side at b + i·br + c·bc, and T[i, j] at
 * t + i·tr + j·tc. X may be B, or lie apart from it.
 */
export function substitute<T>(x: usize, xr: i32, xc: i32, t: usize, tr: i32, tc: i32, b: usize, br: i32, bc: i32, n: i32, first: i32, last: i32, lower: bool, unit: bool): void {
  let c = first;
  if (xc == 1 && bc == 1 && c + SIDE_BY_SIDE <= last) {
    side_by_side<T>(x + <usize>c * sizeof<T>(), xr, t, tr, tc, b + <usize>c * sizeof<T>(), br, n, lower, unit);
    c += SIDE_BY_SIDE;
  }
  for (; c < last; c++) {
    const xs = x + <usize>(c * xc) * sizeof<T>();
    const bs = b + <usize>(c * bc) * sizeof<T>();
    if (xr == 1 && tc == 1) by_rows<T>(xs, t, tr, bs, br, n, lower, unit);
    else if (xr == 1 && tr == 1) by_columns<T>(xs, t, tc, bs, br, n, lower, unit);
    else one_by_one<T>(xs, xr, t, tr, tc, bs, br, n, lower, unit);
  }
}

// @ts-ignore: decorator
@inline
function side_by_side<T>(x: usize, xr: i32, t: usize, tr: i32, tc: i32, b: usize, br: i32, n: i32, lower: bool, unit: bool): void {
  for (let step = 0; step < n; step++) {
    const i = lower ? step : n - 1 - step;
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    const begin = lower ? 0 : i + 1;
    const end = lower ? i : n;
    for (let j = begin; j < end; j++) {
      const factor = f64x2.splat(<f64>load<T>(t + <usize>(i * tr + j * tc) * sizeof<T>()));
      const known = x + <usize>(j * xr) * sizeof<T>();
      s0 = madd<f64>(factor, low<T>(known), s0);
      s1 = madd<f64>(factor, high<T>(known), s1);
    }
    const rhs = b + <usize>(i * br) * sizeof<T>();
    s0 = f64x2.sub(low<T>(rhs), s0);
    s1 = f64x2.sub(high<T>(rhs), s1);
    if (!unit) {
      const pivot = f64x2.splat(<f64>load<T>(t + <usize>(i * (tr + tc)) * sizeof<T>()));
      s0 = f64x2.div(s0, pivot);
      s1 = f64x2.div(s1, pivot);
    }
    store_four<T>(x + <usize>(i * xr) * sizeof<T>(), s0, s1);
  }
}

/** One system with T's rows and the unknowns dense. */
// @ts-ignore: decorator
@inline
function by_rows<T>(x: usize, t: usize, tr: i32, b: usize, br: i32, n: i32, lower: bool, unit: bool): void {
  for (let step = 0; step < n; step++) {
    const i = lower ? step : n - 1 - step;
    const begin = lower ? 0 : i + 1;
    const row = t + <usize>(i * tr) * sizeof<T>();
    const sum = dot<T>(row + <usize>begin * sizeof<T>(), x + <usize>begin * sizeof<T>(), step);
    const value = <f64>load<T>(b + <usize>(i * br) * sizeof<T>()) - sum;
    store<T>(x + <usize>i * sizeof<T>(), <T>(unit ? value : value / <f64>load<T>(row + <usize>i * sizeof<T>())));
  }
}

/** One system with T's columns and the unknowns dense. */
// @ts-ignore: decorator
@inline
function by_columns<T>(x: usize, t: usize, tc: i32, b: usize, br: i32, n: i32, lower: bool, unit: bool): void {
  if (x != b) {
    for (let i = 0; i < n; i++) store<T>(x + <usize>i * sizeof<T>(), load<T>(b + <usize>(i * br) * sizeof<T>()));
  }
  for (let step = 0; step < n; step++) {
    const j = lower ? step : n - 1 - step;
    const column = t + <usize>(j * tc) * sizeof<T>();
    const at = x + <usize>j * sizeof<T>();
    const value = unit ? load<T>(at) : <T>(load<T>(at) / load<T>(column + <usize>j * sizeof<T>()));
    store<T>(at, value);
    const begin = <usize>(lower ? j + 1 : 0) * sizeof<T>();
    subtract_scaled<T>(x + begin, column + begin, value, n - 1 - step);
  }
}

// @ts-ignore: decorator
@inline
function one_by_one<T>(x: usize, xr: i32, t: usize, tr: i32, tc: i32, b: usize, br: i32, n: i32, lower: bool, unit: bool): void {
  for (let step = 0; step < n; step++) {
    const i = lower ? step : n - 1 - step;
    let value = <f64>load<T>(b + <usize>(i * br) * sizeof<T>());
    const begin = lower ? 0 : i + 1;
    const end = lower ? i : n;
    for (let j = begin; j < end; j++) value -= <f64>load<T>(t + <usize>(i * tr + j * tc) * sizeof<T>()) * <f64>load<T>(x + <usize>(j * xr) * sizeof<T>());
    store<T>(x + <usize>(i * xr) * sizeof<T>(), <T>(unit ? value : value / <f64>load<T>(t + <usize>(i * (tr + tc)) * sizeof<T>())));
  }
}
