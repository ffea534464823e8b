/**
 * Small dense linear algebra in float64 for fits: a few parameters, up to a few thousand rows. Matrices are row-major and
 * flat. Larger ones belong to the engine's kernels; here a call costs microseconds and has to stay readable.
 */

export type Vector = Float64Array;
/** Row-major; the shape travels beside it. */
export type Matrix = Float64Array;

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

export function norm(a: ArrayLike<number>): number {
  return Math.sqrt(dot(a, a));
}

/** A x for A [m, n]. */
export function multiplyVector(a: Matrix, x: ArrayLike<number>, m: number, n: number): Vector {
  const y = new Float64Array(m);
  for (let i = 0; i < m; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += (a[i * n + j] as number) * (x[j] as number);
    y[i] = sum;
  }
  return y;
}

/** Aᵀ x for A [m, n]. */
export function multiplyTransposed(a: Matrix, x: ArrayLike<number>, m: number, n: number): Vector {
  const y = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    const xi = x[i] as number;
    for (let j = 0; j < n; j++) y[j] = (y[j] as number) + (a[i * n + j] as number) * xi;
  }
  return y;
}

/** A B for square [n, n]. */
export function multiplyMatrix(a: Matrix, b: Matrix, n: number): Matrix {
  return Float64Array.from({ length: n * n }, (_, e) => {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += (a[e - (e % n) + k] as number) * (b[k * n + (e % n)] as number);
    return sum;
  });
}

/** Outcome of a Cholesky factorisation: the lower factor, or the first row whose pivot is not positive. */
export type CholeskyResult =
  | { readonly lower: Matrix; readonly failedRow?: undefined }
  | { readonly lower?: undefined; readonly failedRow: number };

/**
 * A = L Lᵀ for symmetric positive definite A [n, n]; reads the lower triangle only.
 * A pivot below n·eps of its diagonal entry counts as not positive: what is left there is rounding, not information.
 */
export function cholesky(a: Matrix, n: number): CholeskyResult {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (lower[i * n + k] as number) * (lower[j * n + k] as number);
      if (i === j) {
        if (!(sum > n * Number.EPSILON * Math.abs(a[i * n + i] as number))) return { failedRow: i };
        lower[i * n + i] = Math.sqrt(sum);
      } else {
        lower[i * n + j] = sum / (lower[j * n + j] as number);
      }
    }
  }
  return { lower };
}

/** Solves L y = b for lower-triangular L [n, n]. */
export function solveLower(lower: Matrix, b: ArrayLike<number>, n: number): Vector {
  const y = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = b[i] as number;
    for (let k = 0; k < i; k++) sum -= (lower[i * n + k] as number) * (y[k] as number);
    y[i] = sum / (lower[i * n + i] as number);
  }
  return y;
}

/** Solves Lᵀ x = y for lower-triangular L [n, n]. */
export function solveLowerTransposed(lower: Matrix, y: ArrayLike<number>, n: number): Vector {
  const x = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    let sum = y[i] as number;
    for (let k = i + 1; k < n; k++) sum -= (lower[k * n + i] as number) * (x[k] as number);
    x[i] = sum / (lower[i * n + i] as number);
  }
  return x;
}

export function choleskySolve(lower: Matrix, b: ArrayLike<number>, n: number): Vector {
  return solveLowerTransposed(lower, solveLower(lower, b, n), n);
}

/** L⁻¹ for lower-triangular L [n, n]; lower-triangular again. */
export function invertLower(lower: Matrix, n: number): Matrix {
  const inverse = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = i === j ? 1 : 0;
      for (let k = j; k < i; k++) sum -= (lower[i * n + k] as number) * (inverse[k * n + j] as number);
      inverse[i * n + j] = sum / (lower[i * n + i] as number);
    }
  }
  return inverse;
}

/**
 * A⁻¹ of a symmetric positive definite A [n, n], exactly symmetric; undefined when A is not positive definite.
 * Rows and columns are first scaled to a unit diagonal: parameters of a fit may differ by ten orders of magnitude.
 */
export function invertPositiveDefinite(a: Matrix, n: number): Matrix | undefined {
  const scale = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const d = a[i * n + i] as number;
    if (!(d > 0) || !Number.isFinite(d)) return undefined;
    scale[i] = 1 / Math.sqrt(d);
  }
  const scaled = Float64Array.from(a, (value, k) => value * (scale[Math.floor(k / n)] as number) * (scale[k % n] as number));
  const { lower } = cholesky(scaled, n);
  if (lower === undefined) return undefined;
  const half = invertLower(lower, n);
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < n; k++) sum += (half[k * n + i] as number) * (half[k * n + j] as number);
      inverse[i * n + j] = inverse[j * n + i] = sum * (scale[i] as number) * (scale[j] as number);
    }
  }
  return inverse;
}

/** R [n, n] upper-triangular and the first n entries of Qᵀ b, of A [m, n] with m ≥ n. */
export interface QR {
  readonly r: Matrix;
  readonly qtb: Vector;
}

/**
 * Householder QR of [A | b], A [m, n], m ≥ n. Least squares go through this and never through AᵀA, which squares the condition
 * number: Thurber's problem would keep five digits of sixteen. Source: Golub & Van Loan, Matrix Computations, 5.2.
 */
export function qr(a: Matrix, b: ArrayLike<number>, m: number, n: number): QR {
  const w = Float64Array.from(a);
  const y = Float64Array.from(b);
  for (let k = 0; k < n; k++) {
    let tail = 0;
    for (let i = k; i < m; i++) tail = Math.hypot(tail, w[i * n + k] as number);
    if (tail === 0) continue;
    const head = w[k * n + k] as number;
    const alpha = head > 0 ? -tail : tail;
    w[k * n + k] = head - alpha;
    const beta = -1 / (alpha * (w[k * n + k] as number));
    for (let j = k + 1; j <= n; j++) {
      let sum = 0;
      for (let i = k; i < m; i++) sum += (w[i * n + k] as number) * ((j < n ? w[i * n + j] : y[i]) as number);
      sum *= beta;
      for (let i = k; i < m; i++) {
        const change = sum * (w[i * n + k] as number);
        if (j < n) w[i * n + j] = (w[i * n + j] as number) - change;
        else y[i] = (y[i] as number) - change;
      }
    }
    w[k * n + k] = alpha;
  }
  const r = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) r[i * n + j] = w[i * n + j] as number;
  return { r, qtb: y.slice(0, n) };
}

/** Solves R x = b for upper-triangular R [n, n]; undefined when a pivot is zero. */
export function solveUpper(r: Matrix, b: ArrayLike<number>, n: number): Vector | undefined {
  const x = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i] as number;
    for (let k = i + 1; k < n; k++) sum -= (r[i * n + k] as number) * (x[k] as number);
    if (r[i * n + i] === 0) return undefined;
    x[i] = sum / (r[i * n + i] as number);
  }
  return x;
}

/** (AᵀA)⁻¹ for A [m, n] by QR of the column-scaled A; undefined when A has not full column rank in float64. */
export function invertGram(a: Matrix, m: number, n: number): Matrix | undefined {
  const scale = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    let length = 0;
    for (let i = 0; i < m; i++) length = Math.hypot(length, a[i * n + j] as number);
    if (!(length > 0) || !Number.isFinite(length)) return undefined;
    scale[j] = 1 / length;
  }
  const { r } = qr(
    Float64Array.from(a, (value, k) => value * (scale[k % n] as number)),
    new Float64Array(m),
    m,
    n,
  );
  const inverse = new Float64Array(n * n); // R⁻¹, upper-triangular
  for (let j = 0; j < n; j++) {
    if (Math.abs(r[j * n + j] as number) < n * Number.EPSILON) return undefined;
    for (let i = j; i >= 0; i--) {
      let sum = i === j ? 1 : 0;
      for (let k = i + 1; k <= j; k++) sum -= (r[i * n + k] as number) * (inverse[k * n + j] as number);
      inverse[i * n + j] = sum / (r[i * n + i] as number);
    }
  }
  const gram = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < n; k++) sum += (inverse[i * n + k] as number) * (inverse[j * n + k] as number);
      gram[i * n + j] = gram[j * n + i] = sum * (scale[i] as number) * (scale[j] as number);
    }
  }
  return gram;
}

export interface Eigen {
  /** Rising. */
  readonly values: Vector;
  /** Column k is the unit eigenvector of values[k]; row-major [n, n]. */
  readonly vectors: Matrix;
}

/** Eigenvalues and vectors of symmetric A [n, n] by cyclic Jacobi rotations (Golub & Van Loan 8.5): slow, but accurate to the last bits. */
export function eigenSymmetric(a: Matrix, n: number): Eigen {
  const w = Float64Array.from(a);
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  const at = (i: number, j: number): number => w[i * n + j] as number;
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) off += at(i, j) ** 2;
    if (off === 0 || Math.sqrt(off) <= 1e-18 * norm(w)) break;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (at(p, q) === 0) continue;
        const tau = (at(q, q) - at(p, p)) / (2 * at(p, q));
        const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.hypot(1, tau));
        const c = 1 / Math.hypot(1, t);
        const s = t * c;
        rotate(w, n, p, q, c, s, true);
        rotate(w, n, p, q, c, s, false);
        rotate(v, n, p, q, c, s, true);
      }
    }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => at(i, i) - at(j, j));
  return {
    values: Float64Array.from(order, (i) => at(i, i)),
    vectors: Float64Array.from({ length: n * n }, (_, k) => v[Math.floor(k / n) * n + (order[k % n] as number)] as number),
  };
}

/** Rotates columns (or rows) p and q of w [n, n] in place. */
function rotate(w: Matrix, n: number, p: number, q: number, c: number, s: number, columns: boolean): void {
  for (let k = 0; k < n; k++) {
    const ip = columns ? k * n + p : p * n + k;
    const iq = columns ? k * n + q : q * n + k;
    const x = w[ip] as number;
    const y = w[iq] as number;
    w[ip] = c * x - s * y;
    w[iq] = s * x + c * y;
  }
}
