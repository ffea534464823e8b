/** Two matrices to multiply, and the check that a product is theirs. */
import { normal, uniform } from "./random.js";

export interface MatrixProblem {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly dtype: "f32" | "f64";
  readonly a: Float32Array | Float64Array;
  readonly b: Float32Array | Float64Array;
}

export function matrixProblem(m: number, n: number, k: number, dtype: "f32" | "f64"): MatrixProblem {
  const make = (length: number) => (dtype === "f32" ? new Float32Array(length) : new Float64Array(length));
  return { m, n, k, dtype, a: normal(make(m * k), m + 1), b: normal(make(k * n), n + 2) };
}

/** Elements checked of large products. */
const CHECKED = 400;
/** Rounding of a sum of k products, in units of Σ|a||b|; blocked sums stay far below k. */
const ROUNDINGS = { f32: 8 * 2 ** -24, f64: 8 * 2 ** -53 };

/** Throws when a product is not that of the two matrices to rounding. */
export function checkProduct({ m, n, k, dtype, a, b }: MatrixProblem, c: ArrayLike<number>): void {
  if (c.length !== m * n) throw new Error(`${c.length} elements of ${m * n}`);
  const next = uniform(7);
  const all = m * n <= 16384;
  for (let t = 0; t < (all ? m * n : CHECKED); t++) {
    const at = all ? t : Math.floor(next() * m * n);
    const [i, j] = [Math.floor(at / n), at % n];
    let [sum, size] = [0, 0];
    for (let p = 0; p < k; p++) {
      const product = (a[i * k + p] as number) * (b[p * n + j] as number);
      sum += product;
      size += Math.abs(product);
    }
    if (!(Math.abs((c[at] as number) - sum) <= ROUNDINGS[dtype] * size)) throw new Error(`(${i}, ${j}) is ${c[at]}, expected ${sum}`);
  }
}
