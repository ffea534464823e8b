/**
 * Lower Cholesky factors of the symmetric parts of a batch of matrices. Words: factor (dense), matrix, matrices, n, strides of the matrix (batch, row, column).
 * A matrix that is not positive definite gives NaN throughout. One matrix is one thread's job.
 */
import { scratch } from "../lib/control";
import { madd } from "../lib/simd";
import { share_begin, share_end } from "../lib/rows";
import { dot, high, low } from "./vector";

/** Rows that go through the finished rows together: each is then read once for four. */
const BLOCK: i32 = 4;

// @ts-ignore: decorator
@inline
function cholesky<T>(p: usize, thread: i32, threads: i32): void {
  const out = load<usize>(p);
  const input = load<usize>(p, 4);
  const matrices = load<i32>(p, 8);
  const n = load<i32>(p, 12);
  const row = load<i32>(p, 20);
  const column = load<i32>(p, 24);
  const size = <usize>(n * n) * sizeof<T>();
  const end = share_end(matrices, 1, thread, threads);
  for (let item = share_begin(matrices, 1, thread, threads); item < end; item++) {
    const l = out + <usize>item * size;
    const a = input + <usize>(item * load<i32>(p, 16)) * sizeof<T>();
    for (let i = 0; i < n; i++) {
      const li = l + <usize>(i * n) * sizeof<T>();
      for (let j = 0; j < i; j++) {
        const sum = <f64>load<T>(a + <usize>(i * row + j * column) * sizeof<T>()) + <f64>load<T>(a + <usize>(j * row + i * column) * sizeof<T>());
        store<T>(li + <usize>j * sizeof<T>(), <T>(0.5 * sum));
      }
      store<T>(li + <usize>i * sizeof<T>(), load<T>(a + <usize>(i * (row + column)) * sizeof<T>()));
      memory.fill(li + <usize>(i + 1) * sizeof<T>(), 0, <usize>(n - 1 - i) * sizeof<T>());
    }
    if (!factor<T>(l, n, scratch(thread))) {
      for (let at: usize = 0; at < size; at += sizeof<T>()) store<T>(l + at, <T>NaN);
    }
  }
}

/** Factors in place, row by row; false when a pivot is not positive. */
function factor<T>(l: usize, n: i32, sums: usize): bool {
  const stride = <usize>n * sizeof<T>();
  for (let i0 = 0; i0 < n; i0 += BLOCK) {
    const whole = i0 + BLOCK <= n;
    const first = l + <usize>i0 * stride;
    if (whole) {
      for (let j = 0; j < i0; j++) {
        const lj = l + <usize>j * stride;
        const at = <usize>j * sizeof<T>();
        dot_four<T>(first, stride, lj, j, sums);
        const pivot = <f64>load<T>(lj + at);
        for (let r: usize = 0; r < <usize>BLOCK; r++) {
          const element = first + r * stride + at;
          store<T>(element, <T>((<f64>load<T>(element) - load<f64>(sums + 8 * r)) / pivot));
        }
      }
    }
    const end = min(n, i0 + BLOCK);
    for (let i = i0; i < end; i++) {
      const li = l + <usize>i * stride;
      for (let j = whole ? i0 : 0; j < i; j++) {
        const lj = l + <usize>j * stride;
        const at = <usize>j * sizeof<T>();
        store<T>(li + at, <T>((<f64>load<T>(li + at) - dot<T>(li, lj, j)) / <f64>load<T>(lj + at)));
      }
      const at = <usize>i * sizeof<T>();
      const square = <f64>load<T>(li + at) - dot<T>(li, li, i);
      if (!(square > 0 && square < Infinity)) return false;
      store<T>(li + at, <T>sqrt<f64>(square));
    }
  }
  return true;
}

/** Products of four rows, `stride` bytes apart, with one; the order of each sum is that of `dot`. */
// @ts-ignore: decorator
@inline
function dot_four<T>(a: usize, stride: usize, b: usize, n: i32, sums: usize): void {
  const a1 = a + stride;
  const a2 = a1 + stride;
  const a3 = a2 + stride;
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  let t0 = f64x2.splat(0);
  let t1 = f64x2.splat(0);
  let t2 = f64x2.splat(0);
  let t3 = f64x2.splat(0);
  let i = 0;
  let at: usize = 0;
  for (; i + 4 <= n; i += 4, at += 4 * sizeof<T>()) {
    const x = low<T>(b + at);
    const y = high<T>(b + at);
    s0 = madd<f64>(low<T>(a + at), x, s0);
    t0 = madd<f64>(high<T>(a + at), y, t0);
    s1 = madd<f64>(low<T>(a1 + at), x, s1);
    t1 = madd<f64>(high<T>(a1 + at), y, t1);
    s2 = madd<f64>(low<T>(a2 + at), x, s2);
    t2 = madd<f64>(high<T>(a2 + at), y, t2);
    s3 = madd<f64>(low<T>(a3 + at), x, s3);
    t3 = madd<f64>(high<T>(a3 + at), y, t3);
  }
  finish<T>(s0, t0, a + at, b + at, n - i, sums);
  finish<T>(s1, t1, a1 + at, b + at, n - i, sums + 8);
  finish<T>(s2, t2, a2 + at, b + at, n - i, sums + 16);
  finish<T>(s3, t3, a3 + at, b + at, n - i, sums + 24);
}

// @ts-ignore: decorator
@inline
function finish<T>(s: v128, t: v128, a: usize, b: usize, n: i32, sum: usize): void {
  let total = f64x2.extract_lane(s, 0) + f64x2.extract_lane(t, 0) + (f64x2.extract_lane(s, 1) + f64x2.extract_lane(t, 1));
  for (let i: usize = 0; i < <usize>n; i++) total += <f64>load<T>(a + i * sizeof<T>()) * <f64>load<T>(b + i * sizeof<T>());
  store<f64>(sum, total);
}

export function cholesky_f32(p: usize, thread: i32, threads: i32): void {
  cholesky<f32>(p, thread, threads);
}

export function cholesky_f64(p: usize, thread: i32, threads: i32): void {
  cholesky<f64>(p, thread, threads);
}
