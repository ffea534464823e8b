/**
 * Errors of held-out rows given those of the kept ones: for C in blocks, e_h − C_ht C_tt⁻¹ e_t has the covariance C_hh − C_ht C_tt⁻¹ C_th and is independent of
 * e_t (C. Rasmussen, C. Williams, Gaussian Processes for Machine Learning, 2006, eq. A.6). Independent errors stay as they are.
 */
import { TetradError } from "@tetrad/engine";
import type { Observed } from "../likelihood-graph.js";
import { cholesky, multiplyTransposed, solveLower, type Vector } from "../minimise/dense.js";

export interface GivenOthers {
  /** Of a vector over all rows [n], its held rows less what the kept ones tell of them [h]. */
  unexplained(v: Vector): Vector;
  /** A vector over held rows in units where its covariance is 1 [h]. */
  readonly whiten: (v: Vector) => Vector;
  /** Diagonal of the covariance [h]. */
  readonly variance: Vector;
}

/** @throws DATA where rounding leaves the held rows no variance of their own */
export function givenOthers({ set, observations }: Observed, held: readonly number[], kept: readonly number[]): GivenOthers {
  const pick = (rows: readonly number[], v: Vector): Vector => Float64Array.from(rows, (row) => v[row] as number);
  const { covariance } = set.data;
  const { sigma, error } = observations;
  if (covariance === undefined) {
    const own = pick(held, sigma);
    return {
      unexplained: (v) => pick(held, v),
      whiten: (v) => v.map((value, i) => value / (own[i] as number)),
      variance: own.map((s) => s * s),
    };
  }
  const at = (row: number, column: number): number =>
    (covariance.values[row * covariance.size + column] as number) +
    (row === column && error !== undefined ? (error[row] as number) ** 2 : 0);
  const block = (rows: readonly number[], columns: readonly number[]): Float64Array =>
    Float64Array.from(rows.flatMap((row) => columns.map((column) => at(row, column))));
  const [h, t] = [held.length, kept.length];
  const root = rootOf(block(kept, kept), t);
  const shared = held.map((row) => solveLower(root, block(kept, [row]), t)); // rows of (L⁻¹ C_th)ᵀ
  const rest = block(held, held);
  for (let i = 0; i < h; i++)
    for (let j = 0; j <= i; j++) {
      let sum = rest[i * h + j] as number;
      for (let c = 0; c < t; c++) sum -= (shared[i]?.[c] as number) * (shared[j]?.[c] as number);
      rest[i * h + j] = rest[j * h + i] = sum;
    }
  const restRoot = rootOf(rest, h);
  const columns = new Float64Array(t * h);
  for (let i = 0; i < h; i++) for (let c = 0; c < t; c++) columns[c * h + i] = shared[i]?.[c] as number;
  return {
    unexplained(v) {
      const told = multiplyTransposed(columns, solveLower(root, pick(kept, v), t), t, h);
      return pick(held, v).map((value, i) => value - (told[i] as number));
    },
    whiten: (v) => solveLower(restRoot, v, h),
    variance: Float64Array.from({ length: h }, (_, i) => rest[i * (h + 1)] as number),
  };
}

function rootOf(matrix: Float64Array, size: number): Float64Array {
  const { lower } = cholesky(matrix, size);
  if (lower !== undefined) return lower;
  throw new TetradError("DATA", {
    op: "verify",
    what: "the covariance leaves some data no error of their own, given the others",
    hint: "two rows may be all but the same datum: leave one out",
  });
}
