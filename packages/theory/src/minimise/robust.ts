/**
 * Robust losses for methods that know sums of squares: each residual and its row of the Jacobian are scaled so that, to second order, half the sum
 * of squares moves as the sum of the losses does. B. Triggs, P. McLauchlan, R. Hartley, A. Fitzgibbon, "Bundle adjustment: a modern synthesis",
 * LNCS 1883 (2000) 298; SciPy's `least_squares` scales the same way.
 */

import type { Loss } from "../loss.js";
import type { Matrix, Vector } from "./dense.js";
import type { Residuals } from "./levenberg-marquardt.js";

/**
 * Least curvature of an outlier, as a part of what reweighting alone (ρ′/z) would give it. Where ρ″ is 0 or negative the exact one is of no use to a
 * sum of squares; and the smaller it is, the longer become residuals, whose digits the others lose: ten times here, 10⁸ times in SciPy.
 */
const LEAST = 0.01;

/**
 * Scales residuals [m] and Jacobian [m, n] in place, of the rows from `from` up to `to`.
 * @returns Σ 2ρ of these rows
 */
export function reweigh(loss: Loss, residuals: Vector, jacobian: Matrix, n: number, from = 0, to = residuals.length): number {
  let total = 0;
  for (let i = from; i < to; i++) {
    const z = residuals[i] as number;
    const weight = loss.weight(z);
    const scale = Math.sqrt(Math.max(loss.curvature(z), LEAST * weight));
    total += loss.deviance(z);
    residuals[i] = (weight * z) / scale;
    for (let j = 0; j < n; j++) jacobian[i * n + j] = (jacobian[i * n + j] as number) * scale;
  }
  return total;
}

/** Residuals for `levenbergMarquardt`, which then minimises Σ ρ(r) in place of Σ r²/2: `levenbergMarquardt(withLoss(evaluate, huberLoss(1.345)), start)`. */
export function withLoss(evaluate: (theta: Vector) => Residuals, loss: Loss): (theta: Vector) => Residuals {
  return (theta) => {
    const plain = evaluate(theta);
    const [residuals, jacobian] = [Float64Array.from(plain.residuals), Float64Array.from(plain.jacobian)];
    return { residuals, jacobian, sumOfSquares: reweigh(loss, residuals, jacobian, theta.length) };
  };
}
