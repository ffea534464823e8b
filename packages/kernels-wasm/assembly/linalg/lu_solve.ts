/**
 * Linear systems from LU factors. Words: solution (dense), factors, pivots (i32), right-hand side; matrices, n, columns, transpose, strides of the factors (matrix, row,
 * column), of the pivots (matrix), of the right-hand side (matrix, row, column). Columns are shared in fours.
 */
import { share_begin, share_end } from "../lib/rows";
import { SIDE_BY_SIDE, substitute } from "./substitute";

// @ts-ignore: decorator
@inline
function lu_solve<T>(p: usize, thread: i32, threads: i32): void {
  const n = load<i32>(p, 20);
  const columns = load<i32>(p, 24);
  const transpose = load<i32>(p, 28) != 0;
  const row = load<i32>(p, 36);
  const column = load<i32>(p, 40);
  const groups = (columns + SIDE_BY_SIDE - 1) / SIDE_BY_SIDE;
  const items = load<i32>(p, 16) * groups;
  const end = share_end(items, 1, thread, threads);
  for (let item = share_begin(items, 1, thread, threads); item < end; item++) {
    const matrix = item / groups;
    const first = (item - matrix * groups) * SIDE_BY_SIDE;
    const last = min(columns, first + SIDE_BY_SIDE);
    const x = load<usize>(p) + <usize>(matrix * n * columns) * sizeof<T>();
    const lu = load<usize>(p, 4) + <usize>(matrix * load<i32>(p, 32)) * sizeof<T>();
    const pivots = load<usize>(p, 8) + (<usize>(matrix * load<i32>(p, 44)) << 2);
    const b = load<usize>(p, 12) + <usize>(matrix * load<i32>(p, 48)) * sizeof<T>();
    const br = load<i32>(p, 52);
    const bc = load<i32>(p, 56);
    if (transpose) {
      // Aᵀ = Uᵀ Lᵀ P
      substitute<T>(x, columns, 1, lu, column, row, b, br, bc, n, first, last, true, false);
      substitute<T>(x, columns, 1, lu, column, row, x, columns, 1, n, first, last, false, true);
      for (let i = n - 1; i >= 0; i--) exchange<T>(x, columns, i, load<i32>(pivots + (<usize>i << 2)), n, first, last);
    } else {
      for (let i = 0; i < n; i++) {
        for (let c = first; c < last; c++) store<T>(x + <usize>(i * columns + c) * sizeof<T>(), load<T>(b + <usize>(i * br + c * bc) * sizeof<T>()));
      }
      for (let i = 0; i < n; i++) exchange<T>(x, columns, i, load<i32>(pivots + (<usize>i << 2)), n, first, last);
      substitute<T>(x, columns, 1, lu, row, column, x, columns, 1, n, first, last, true, true);
      substitute<T>(x, columns, 1, lu, row, column, x, columns, 1, n, first, last, false, false);
    }
  }
}

/** Rows i and j in columns `first` to `last`; a row that does not exist is left alone. */
// @ts-ignore: decorator
@inline
function exchange<T>(x: usize, stride: i32, i: i32, j: i32, n: i32, first: i32, last: i32): void {
  if (i == j || <u32>j >= <u32>n) return;
  for (let c = first; c < last; c++) {
    const a = x + <usize>(i * stride + c) * sizeof<T>();
    const b = x + <usize>(j * stride + c) * sizeof<T>();
    const value = load<T>(a);
    store<T>(a, load<T>(b));
    store<T>(b, value);
  }
}

export function lu_solve_f32(p: usize, thread: i32, threads: i32): void {
  lu_solve<f32>(p, thread, threads);
}

export function lu_solve_f64(p: usize, thread: i32, threads: i32): void {
  lu_solve<f64>(p, thread, threads);
}
