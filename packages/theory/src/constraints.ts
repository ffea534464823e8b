/** What a theory demands of its parameters together, such as `Om + Ode <= 1`: regions without prior probability, of any smooth shape. */

import { TetradError } from "@tetrad/engine";
import { evaluate } from "./expression/evaluate.js";
import { cholesky, choleskySolve, eigenSymmetric, type Matrix } from "./minimise/dense.js";
import type { Constraint, Theory } from "./theory.js";

/** Two sides of a comparison, the larger one first; the second is 0 for a formula alone, which must not be negative. */
export function sidesOf(text: string): readonly [larger: string, smaller: string] | undefined {
  const parts = text.split(/<=|>=|<|>/).map((part) => part.trim());
  if (parts.length > 2 || parts.some((part) => part === "")) return undefined;
  const [left = "", right = "0"] = parts;
  return text.includes("<") ? [right, left] : [left, right];
}

/** By how much a constraint holds; negative where it does not. */
export function marginOf({ margin }: Constraint, values: Readonly<Record<string, number>>): number {
  return evaluate(margin, values)[0] as number;
}

/** @throws UNSUPPORTED for a theory with constraints, in a method that would pass them over */
export function refuseConstraints({ constraints = [] }: Pick<Theory, "constraints">, op: string, hint: string): void {
  if (constraints.length === 0) return;
  throw new TetradError("UNSUPPORTED", {
    op,
    what: "the theory has constraints, which this method cannot keep",
    got: constraints.map(({ text }) => text).join(", "),
    at: constraints[0]?.at,
    hint,
  });
}

/**
 * Inverse of a Hessian [n, n] within the directions that m held constraints leave open: Z (Zᵀ H Z)⁻¹ Zᵀ, with Z a basis of the null space of their
 * slopes [m, n]. J. Nocedal, S. Wright, Numerical Optimization, 2nd ed. (2006), 16.2.
 * @returns undefined where nothing is left open, or the Hessian is not positive definite there
 */
export function tangentCovariance(hessian: Matrix, slopes: Matrix, n: number): Matrix | undefined {
  const scale = Float64Array.from({ length: n }, (_, i) => 1 / Math.sqrt(Math.abs(hessian[i * (n + 1)] as number) || 1));
  const m = slopes.length / n;
  const gram = new Float64Array(n * n);
  for (let row = 0; row < m; row++) {
    const scaled = Float64Array.from({ length: n }, (_, j) => (slopes[row * n + j] as number) * (scale[j] as number));
    const length = Math.hypot(...scaled) || 1;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        gram[i * n + j] = (gram[i * n + j] as number) + ((scaled[i] as number) * (scaled[j] as number)) / length ** 2;
  }
  const { values, vectors } = eigenSymmetric(gram, n);
  const open = Array.from(values.keys()).filter((i) => (values[i] as number) < 1e-12);
  const k = open.length;
  if (k === 0) return undefined;
  const basis = (i: number, column: number): number => (vectors[i * n + (open[column] as number)] as number) * (scale[i] as number);
  const reduced = new Float64Array(k * k);
  for (let a = 0; a < k; a++)
    for (let b = 0; b < k; b++)
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++)
          reduced[a * k + b] = (reduced[a * k + b] as number) + basis(i, a) * (hessian[i * n + j] as number) * basis(j, b);
  const { lower } = cholesky(reduced, k);
  if (lower === undefined) return undefined;
  const covariance = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    const solved = choleskySolve(
      lower,
      Float64Array.from({ length: k }, (_, a) => basis(j, a)),
      k,
    );
    for (let i = 0; i < n; i++)
      for (let a = 0; a < k; a++) covariance[i * n + j] = (covariance[i * n + j] as number) + basis(i, a) * (solved[a] as number);
  }
  return covariance;
}
