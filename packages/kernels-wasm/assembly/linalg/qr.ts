/**
 * Reduced QR by Householder reflections, in float64 whatever the type. Words: q (dense, m × k), r (dense, k × n), work (float64: m·n, n, k per matrix), matrix;
 * matrices, m, n, strides of the matrix (batch, row, column); k = min(m, n). Signs as LAPACK's geqrf. One matrix is one thread's job.
 */
import { share_begin, share_end } from "../lib/rows";
import { unit_scale } from "./scale";
import { subtract_scaled } from "./vector";

// @ts-ignore: decorator
@inline
function qr<T>(p: usize, thread: i32, threads: i32): void {
  const matrices = load<i32>(p, 16);
  const m = load<i32>(p, 20);
  const n = load<i32>(p, 24);
  const row = load<i32>(p, 32);
  const column = load<i32>(p, 36);
  const k = min(m, n);
  const end = share_end(matrices, 1, thread, threads);
  for (let item = share_begin(matrices, 1, thread, threads); item < end; item++) {
    const q = load<usize>(p) + <usize>(item * m * k) * sizeof<T>();
    const r = load<usize>(p, 4) + <usize>(item * k * n) * sizeof<T>();
    const a = load<usize>(p, 8) + (<usize>(item * (m * n + n + k)) << 3);
    const sums = a + (<usize>(m * n) << 3);
    const scales = sums + (<usize>n << 3);
    const input = load<usize>(p, 12) + <usize>(item * load<i32>(p, 28)) * sizeof<T>();
    let largest: f64 = 0;
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        const value = <f64>load<T>(input + <usize>(i * row + j * column) * sizeof<T>());
        store<f64>(a + (<usize>(i * n + j) << 3), value);
        largest = max<f64>(largest, abs<f64>(value));
      }
    }
    const scale = unit_scale(largest);
    for (let at = a; at < sums; at += 8) store<f64>(at, load<f64>(at) * scale);
    reduce<T>(a, sums, scales, m, n);
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < n; j++) store<T>(r + <usize>(i * n + j) * sizeof<T>(), j < i ? <T>0 : <T>(load<f64>(a + (<usize>(i * n + j) << 3)) / scale));
    }
    accumulate<T>(a, sums, scales, m, n);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < k; j++) store<T>(q + <usize>(i * k + j) * sizeof<T>(), <T>load<f64>(a + (<usize>(i * n + j) << 3)));
    }
  }
}

/** Reflections below the diagonal of `a` (their first component, 1, is not stored), R on and above it. */
function reduce<T>(a: usize, sums: usize, scales: usize, m: i32, n: i32): void {
  for (let step = 0; step < min(m, n); step++) {
    const corner = a + (<usize>(step * (n + 1)) << 3);
    let tail: f64 = 0;
    for (let i = 1; i < m - step; i++) {
      const x = load<f64>(corner + (<usize>(i * n) << 3));
      tail += x * x;
    }
    if (tail == 0) {
      store<f64>(scales + (<usize>step << 3), 0);
      continue;
    }
    const head = load<f64>(corner);
    const norm = sqrt<f64>(head * head + tail);
    const beta = head < 0 ? norm : -norm;
    store<f64>(scales + (<usize>step << 3), (beta - head) / beta);
    for (let i = 1; i < m - step; i++) {
      const at = corner + (<usize>(i * n) << 3);
      store<f64>(at, load<f64>(at) / (head - beta));
    }
    reflect<T>(corner, sums, load<f64>(scales + (<usize>step << 3)), m - step, n, n - step - 1);
    store<f64>(corner, beta);
  }
}

/** The first min(m, n) columns of the product of all reflections, in place (LAPACK's org2r). */
function accumulate<T>(a: usize, sums: usize, scales: usize, m: i32, n: i32): void {
  const k = min(m, n);
  for (let step = k - 1; step >= 0; step--) {
    const corner = a + (<usize>(step * (n + 1)) << 3);
    const scale = load<f64>(scales + (<usize>step << 3));
    reflect<T>(corner, sums, scale, m - step, n, k - step - 1);
    for (let i = 1; i < m - step; i++) {
      const at = corner + (<usize>(i * n) << 3);
      store<f64>(at, -scale * load<f64>(at));
    }
    store<f64>(corner, 1 - scale);
    for (let i = 1; i <= step; i++) store<f64>(corner - (<usize>(i * n) << 3), 0);
  }
}

/** Applies the reflection in the column at `corner` to the `columns` on its right, `rows` high. */
function reflect<T>(corner: usize, sums: usize, scale: f64, rows: i32, n: i32, columns: i32): void {
  if (columns <= 0) return;
  const right = corner + 8;
  memory.copy(sums, right, <usize>columns << 3);
  for (let i = 1; i < rows; i++) subtract_scaled<f64>(sums, right + (<usize>(i * n) << 3), -load<f64>(corner + (<usize>(i * n) << 3)), columns);
  subtract_scaled<f64>(right, sums, scale, columns);
  for (let i = 1; i < rows; i++) subtract_scaled<f64>(right + (<usize>(i * n) << 3), sums, scale * load<f64>(corner + (<usize>(i * n) << 3)), columns);
}

export function qr_f32(p: usize, thread: i32, threads: i32): void {
  qr<f32>(p, thread, threads);
}

export function qr_f64(p: usize, thread: i32, threads: i32): void {
  qr<f64>(p, thread, threads);
}
