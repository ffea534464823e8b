/**
 * LU factors with partial pivoting. Words: factors (dense, L below U), pivots (i32), matrix, matrices, n, strides of the matrix (batch, row, column).
 * pivots[k] is the row exchanged with row k. One matrix is one thread's job.
 */
import { share_begin, share_end } from "../lib/rows";
import { subtract_scaled } from "./vector";

// @ts-ignore: decorator
@inline
function lu_factor<T>(p: usize, thread: i32, threads: i32): void {
  const out = load<usize>(p);
  const pivots = load<usize>(p, 4);
  const input = load<usize>(p, 8);
  const matrices = load<i32>(p, 12);
  const n = load<i32>(p, 16);
  const row = load<i32>(p, 24);
  const column = load<i32>(p, 28);
  const end = share_end(matrices, 1, thread, threads);
  for (let item = share_begin(matrices, 1, thread, threads); item < end; item++) {
    const lu = out + <usize>(item * n * n) * sizeof<T>();
    const a = input + <usize>(item * load<i32>(p, 20)) * sizeof<T>();
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) store<T>(lu + <usize>(i * n + j) * sizeof<T>(), load<T>(a + <usize>(i * row + j * column) * sizeof<T>()));
    }
    eliminate<T>(lu, pivots + (<usize>(item * n) << 2), n);
  }
}

function eliminate<T>(lu: usize, pivots: usize, n: i32): void {
  const stride = <usize>n * sizeof<T>();
  for (let k = 0; k < n; k++) {
    const at = <usize>k * sizeof<T>();
    let pivot = k;
    let largest = abs<T>(load<T>(lu + <usize>k * stride + at));
    for (let i = k + 1; i < n; i++) {
      const size = abs<T>(load<T>(lu + <usize>i * stride + at));
      if (size > largest) {
        largest = size;
        pivot = i;
      }
    }
    store<i32>(pivots + (<usize>k << 2), pivot);
    const top = lu + <usize>k * stride;
    if (pivot != k) exchange<T>(top, lu + <usize>pivot * stride, n);
    const divisor = load<T>(top + at);
    for (let i = k + 1; i < n; i++) {
      const line = lu + <usize>i * stride;
      const factor = <T>(load<T>(line + at) / divisor);
      store<T>(line + at, factor);
      subtract_scaled<T>(line + at + sizeof<T>(), top + at + sizeof<T>(), factor, n - 1 - k);
    }
  }
}

// @ts-ignore: decorator
@inline
function exchange<T>(a: usize, b: usize, n: i32): void {
  for (let j: usize = 0; j < <usize>n * sizeof<T>(); j += sizeof<T>()) {
    const x = load<T>(a + j);
    store<T>(a + j, load<T>(b + j));
    store<T>(b + j, x);
  }
}

export function lu_factor_f32(p: usize, thread: i32, threads: i32): void {
  lu_factor<f32>(p, thread, threads);
}

export function lu_factor_f64(p: usize, thread: i32, threads: i32): void {
  lu_factor<f64>(p, thread, threads);
}
