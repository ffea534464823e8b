/**
 * Eigenvalues, ascending, and eigenvectors, in columns, of the symmetric parts of a batch of matrices: cyclic Jacobi in float64 whatever the type, which finds small eigenvalues
 * of graded matrices to their own accuracy. Words: values, vectors, work (float64: 2 n² + 2 n per matrix), matrix; matrices, n, strides of the matrix
 * (batch, row, column). One matrix is one thread's job.
 */
import { share_begin, share_end } from "../lib/rows";
import { unit_scale } from "./scale";
import { rotate } from "./vector";

/** Convergence is quadratic and takes fewer than ten; the limit only ends what rounding might keep going. */
const MOST_SWEEPS: i32 = 60;
/** Relative size of an element that no longer matters: far below rounding, since the last sweep makes elements vanish quadratically. */
const NEGLIGIBLE: f64 = 1e-18;
/** Components this close to a vector's largest count as equal to it, so that rounding does not choose its sign. */
const SIGN_TIE: f64 = 1 - 1e-6;

// @ts-ignore: decorator
@inline
function eigh<T>(p: usize, thread: i32, threads: i32): void {
  const matrices = load<i32>(p, 16);
  const n = load<i32>(p, 20);
  const row = load<i32>(p, 28);
  const column = load<i32>(p, 32);
  const end = share_end(matrices, 1, thread, threads);
  for (let item = share_begin(matrices, 1, thread, threads); item < end; item++) {
    const values = load<usize>(p) + <usize>(item * n) * sizeof<T>();
    const vectors = load<usize>(p, 4) + <usize>(item * n * n) * sizeof<T>();
    const a = load<usize>(p, 8) + (<usize>(item * (2 * n * n + 2 * n)) << 3);
    const basis = a + (<usize>(n * n) << 3);
    const diagonal = basis + (<usize>(n * n) << 3);
    const input = load<usize>(p, 12) + <usize>(item * load<i32>(p, 24)) * sizeof<T>();
    let largest: f64 = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const sum = <f64>load<T>(input + <usize>(i * row + j * column) * sizeof<T>()) + <f64>load<T>(input + <usize>(j * row + i * column) * sizeof<T>());
        store<f64>(a + (<usize>(i * n + j) << 3), 0.5 * sum);
        store<f64>(basis + (<usize>(i * n + j) << 3), i == j ? 1 : 0);
        largest = max<f64>(largest, abs<f64>(sum));
      }
    }
    if (!(largest < Infinity)) {
      for (let i = 0; i < n; i++) store<T>(values + <usize>i * sizeof<T>(), <T>NaN);
      for (let i = 0; i < n * n; i++) store<T>(vectors + <usize>i * sizeof<T>(), <T>NaN);
      continue;
    }
    const scale = unit_scale(largest);
    for (let at = a; at < basis; at += 8) store<f64>(at, load<f64>(at) * scale);
    for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
      if (!sweep_once<T>(a, basis, n)) break;
    }
    for (let i = 0; i < n; i++) store<f64>(diagonal + (<usize>i << 3), load<f64>(a + (<usize>(i * (n + 1)) << 3)));
    const used = diagonal + (<usize>n << 3);
    memory.fill(used, 0, <usize>n << 3);
    for (let rank = 0; rank < n; rank++) {
      const from = smallest<T>(diagonal, used, n);
      store<T>(values + <usize>rank * sizeof<T>(), <T>(load<f64>(diagonal + (<usize>from << 3)) / scale));
      const vector = basis + (<usize>(from * n) << 3);
      const sign = sign_of<T>(vector, n);
      for (let i = 0; i < n; i++) store<T>(vectors + <usize>(i * n + rank) * sizeof<T>(), <T>(sign * load<f64>(vector + (<usize>i << 3))));
    }
  }
}

/** Rotates every pair of axes once; false when there was nothing to do. Rows of `basis` become the eigenvectors. */
function sweep_once<T>(a: usize, basis: usize, n: i32): bool {
  let rotated = false;
  for (let i = 0; i < n; i++) {
    const ai = a + (<usize>(i * n) << 3);
    for (let j = i + 1; j < n; j++) {
      const aj = a + (<usize>(j * n) << 3);
      const off = load<f64>(ai + (<usize>j << 3));
      const x = load<f64>(ai + (<usize>i << 3));
      const y = load<f64>(aj + (<usize>j << 3));
      if (abs<f64>(off) <= NEGLIGIBLE * (sqrt<f64>(abs<f64>(x)) * sqrt<f64>(abs<f64>(y)))) continue;
      rotated = true;
      const theta = (y - x) / (2 * off);
      const root = abs<f64>(theta) + sqrt<f64>(theta * theta + 1);
      const t = theta < 0 ? -1 / root : 1 / root;
      const c = 1 / sqrt<f64>(t * t + 1);
      const s = t * c;
      rotate<f64>(ai, aj, c, s, n);
      // The columns are the rows; the 2 × 2 corner has its own formula, which cancels nothing.
      for (let k = 0; k < n; k++) {
        store<f64>(a + (<usize>(k * n + i) << 3), load<f64>(ai + (<usize>k << 3)));
        store<f64>(a + (<usize>(k * n + j) << 3), load<f64>(aj + (<usize>k << 3)));
      }
      store<f64>(ai + (<usize>i << 3), x - t * off);
      store<f64>(aj + (<usize>j << 3), y + t * off);
      store<f64>(ai + (<usize>j << 3), 0);
      store<f64>(aj + (<usize>i << 3), 0);
      rotate<f64>(basis + (<usize>(i * n) << 3), basis + (<usize>(j * n) << 3), c, s, n);
    }
  }
  return rotated;
}

/** Index of the smallest value not yet used, the first among equals; marks it. */
function smallest<T>(values: usize, used: usize, n: i32): i32 {
  let best = -1;
  for (let i = 0; i < n; i++) {
    if (load<f64>(used + (<usize>i << 3)) != 0) continue;
    if (best < 0 || load<f64>(values + (<usize>i << 3)) < load<f64>(values + (<usize>best << 3))) best = i;
  }
  store<f64>(used + (<usize>best << 3), 1);
  return best;
}

/** The sign that makes the vector's largest component positive. */
function sign_of<T>(vector: usize, n: i32): f64 {
  let largest: f64 = 0;
  for (let i = 0; i < n; i++) largest = max<f64>(largest, abs<f64>(load<f64>(vector + (<usize>i << 3))));
  for (let i = 0; i < n; i++) {
    const x = load<f64>(vector + (<usize>i << 3));
    if (abs<f64>(x) >= SIGN_TIE * largest) return x < 0 ? -1 : 1;
  }
  return 1;
}

export function eigh_f32(p: usize, thread: i32, threads: i32): void {
  eigh<f32>(p, thread, threads);
}

export function eigh_f64(p: usize, thread: i32, threads: i32): void {
  eigh<f64>(p, thread, threads);
}
