/**
 * The limited-memory Hessian B = θI − W M Wᵀ of L-BFGS-B in compact form, with W = [Y, θS] and
 * M = [[−D, Lᵀ], [L, θSᵀS]]⁻¹. Source: R. H. Byrd, P. Lu, J. Nocedal, C. Zhu, SIAM J. Sci. Comput. 16 (1995) 1190, section 3.
 */

import { dot, type Matrix, type Vector } from "./dense.js";

export class LimitedMemory {
  /** θ: the curvature along the newest step, B's value away from what is remembered. */
  theta = 1;
  readonly #s: Vector[] = [];
  readonly #y: Vector[] = [];
  /** M⁻¹, factored on demand. */
  #middle: Matrix = new Float64Array(0);

  constructor(
    readonly n: number,
    readonly capacity: number,
  ) {}

  /** Pairs remembered, k; W has 2k columns. */
  get pairs(): number {
    return this.#s.length;
  }

  clear(): void {
    this.#s.length = 0;
    this.#y.length = 0;
    this.theta = 1;
    this.#middle = new Float64Array(0);
  }

  /** Remembers a step s and gradient change y; leaves them out when sᵀy is not safely positive, which would make B indefinite. */
  update(s: Vector, y: Vector): boolean {
    const sy = dot(s, y);
    const yy = dot(y, y);
    if (!(sy > Number.EPSILON * yy)) return false;
    this.#s.push(s);
    this.#y.push(y);
    if (this.#s.length > this.capacity) {
      this.#s.shift();
      this.#y.shift();
    }
    this.theta = yy / sy;
    const k = this.pairs;
    const middle = new Float64Array(4 * k * k);
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < k; j++) {
        const si = this.#s[i] as Vector;
        if (i === j) middle[i * 2 * k + i] = -dot(si, this.#y[i] as Vector);
        if (i > j) middle[(k + i) * 2 * k + j] = middle[j * 2 * k + k + i] = dot(si, this.#y[j] as Vector);
        middle[(k + i) * 2 * k + k + j] = this.theta * dot(si, this.#s[j] as Vector);
      }
    }
    this.#middle = middle;
    return true;
  }

  /** Row i of W, [2k]. */
  row(i: number): Vector {
    const k = this.pairs;
    const row = new Float64Array(2 * k);
    for (let j = 0; j < k; j++) {
      row[j] = (this.#y[j] as Vector)[i] as number;
      row[k + j] = this.theta * ((this.#s[j] as Vector)[i] as number);
    }
    return row;
  }

  /** Wᵀ v, [2k]. */
  project(v: Vector): Vector {
    const k = this.pairs;
    const out = new Float64Array(2 * k);
    for (let j = 0; j < k; j++) {
      out[j] = dot(this.#y[j] as Vector, v);
      out[k + j] = this.theta * dot(this.#s[j] as Vector, v);
    }
    return out;
  }

  /** M v, [2k]. */
  middle(v: Vector): Vector {
    return solveGeneral(this.#middle, v, v.length);
  }

  /** (I − M A)⁻¹ M v = (M⁻¹ − A)⁻¹ v for A [2k, 2k]. */
  middleMinus(a: Matrix, v: Vector): Vector {
    return solveGeneral(
      this.#middle.map((value, i) => value - (a[i] as number)),
      v,
      v.length,
    );
  }
}

/** Solves A x = b by elimination with row pivoting; M is indefinite, so Cholesky does not apply. */
function solveGeneral(a: Matrix, b: Vector, n: number): Vector {
  const w = Float64Array.from(a);
  const x = Float64Array.from(b);
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(w[i * n + k] as number) > Math.abs(w[pivot * n + k] as number)) pivot = i;
    if (pivot !== k) {
      for (let j = k; j < n; j++) [w[k * n + j], w[pivot * n + j]] = [w[pivot * n + j] as number, w[k * n + j] as number];
      [x[k], x[pivot]] = [x[pivot] as number, x[k] as number];
    }
    for (let i = k + 1; i < n; i++) {
      const factor = (w[i * n + k] as number) / (w[k * n + k] as number);
      if (factor === 0) continue;
      for (let j = k + 1; j < n; j++) w[i * n + j] = (w[i * n + j] as number) - factor * (w[k * n + j] as number);
      x[i] = (x[i] as number) - factor * (x[k] as number);
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i] as number;
    for (let j = i + 1; j < n; j++) sum -= (w[i * n + j] as number) * (x[j] as number);
    x[i] = sum / (w[i * n + i] as number);
  }
  return x;
}
