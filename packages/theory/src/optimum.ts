/** Finds the most probable parameters of a likelihood: Levenberg–Marquardt, L-BFGS where that stalls, Newton steps to the last digits. */

import { TetradError } from "@tetrad/engine";
import type { Likelihood } from "./likelihood.js";
import { type Active, activeSet, type Box, clampInto } from "./minimise/bounds.js";
import { cholesky, choleskySolve, invertGram, type Matrix, type Vector } from "./minimise/dense.js";
import { lbfgs } from "./minimise/lbfgs.js";
import { levenbergMarquardt } from "./minimise/levenberg-marquardt.js";

export interface Optimum {
  readonly theta: Vector;
  /** −ln(likelihood × prior). */
  readonly value: number;
  readonly active: Active;
  /** Second derivatives of −ln(likelihood × prior) [k, k]. */
  readonly hessian: Matrix;
  /** JᵀJ's inverse over the parameters that are at no bound (rows and columns in their order); undefined when singular. */
  readonly gaussNewton: Matrix | undefined;
  readonly converged: boolean;
}

export interface OptimumOptions {
  readonly method: "auto" | "levenberg-marquardt" | "lbfgs";
  readonly maxEvaluations: number;
}

/** A Newton step this small in units of the uncertainty changes no printed digit. */
const NEGLIGIBLE = 1e-9;
const NEWTON_STEPS = 8;

export function boxOf(likelihood: Likelihood): Box {
  return {
    lower: Float64Array.from(likelihood.parameters, (p) => p.lower),
    upper: Float64Array.from(likelihood.parameters, (p) => p.upper),
  };
}

/** Indices of parameters that are at no bound. */
export function inside(active: Active): number[] {
  return Array.from(active.keys()).filter((i) => active[i] === 0);
}

/** @throws DATA when the model is not finite at the start */
export function findOptimum(likelihood: Likelihood, start: Vector, options: OptimumOptions): Optimum {
  const box = boxOf(likelihood);
  const { value, gradient } = likelihood.valueAndGradient(start);
  if (!Number.isFinite(value) || !Array.from(gradient).every(Number.isFinite)) {
    likelihood.explainBreakdown(start, "at the start point");
    throw new TetradError("DATA", {
      op: likelihood.theory.name,
      what: Number.isFinite(value) ? "the model has no derivative at the start point" : "the likelihood is not finite at the start point",
      got: likelihood.parameters.map((p, i) => `${p.name} = ${start[i]}`).join(", "),
      at: likelihood.theory.at,
      hint: "start elsewhere: a root or power at zero has no slope",
    });
  }
  let theta = start;
  let settled = false;
  if (options.method !== "lbfgs") {
    const result = levenbergMarquardt((at) => likelihood.residuals(at), start, { ...box, maxEvaluations: options.maxEvaluations });
    theta = result.theta;
    settled = result.status === "converged" || result.status === "zero";
  }
  if (options.method === "lbfgs" || (options.method === "auto" && !settled)) {
    const result = lbfgs((at) => likelihood.valueAndGradient(at), theta, {
      ...box,
      scale: scaleOf(likelihood, theta),
      maxEvaluations: options.maxEvaluations,
    });
    theta = result.theta;
    settled = result.status === "gradient" || result.status === "precision";
  }
  const polished = newton(likelihood, box, theta);
  const active = heldAt(box, polished.theta, likelihood.valueAndGradient(polished.theta).gradient);
  return {
    theta: polished.theta,
    value: likelihood.valueAndGradient(polished.theta).value,
    active,
    hessian: likelihood.curvature(polished.theta).hessian,
    gaussNewton: gaussNewtonCovariance(likelihood, polished.theta, active),
    converged: settled || polished.converged,
  };
}

/** A parameter counts as held by its bound when it stands there and the fit would go on beyond it. */
function heldAt(box: Box, theta: Vector, gradient: ArrayLike<number>): Active {
  return activeSet(box, theta).map((side, i) => (side * (gradient[i] as number) <= 0 ? side : 0));
}

/** One over the column norms of the Jacobian: each parameter's own resolution, in whatever units. */
function scaleOf(likelihood: Likelihood, theta: Vector): Vector {
  const { residuals, jacobian } = likelihood.residuals(theta);
  const k = theta.length;
  return theta.map((value, j) => {
    let sum = 0;
    for (let i = 0; i < residuals.length; i++) sum += (jacobian[i * k + j] as number) ** 2;
    return sum > 0 && Number.isFinite(sum) ? 1 / Math.sqrt(sum) : Math.abs(value) || 1;
  });
}

/** Newton steps with the full Hessian over the parameters inside their bounds, for as long as they shrink. */
function newton(likelihood: Likelihood, box: Box, start: Vector): { theta: Vector; converged: boolean } {
  const k = start.length;
  let theta = start;
  let previous = Infinity;
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const { value, gradient: shared } = likelihood.valueAndGradient(theta);
    const gradient = Float64Array.from(shared);
    const free = inside(heldAt(box, theta, gradient));
    if (free.length === 0) return { theta, converged: true };
    const { hessian } = likelihood.curvature(theta);
    const { lower } = cholesky(
      Float64Array.from(
        { length: free.length ** 2 },
        (_, e) => hessian[(free[Math.floor(e / free.length)] as number) * k + (free[e % free.length] as number)] as number,
      ),
      free.length,
    );
    if (lower === undefined) return { theta, converged: false };
    const g = Float64Array.from(free, (i) => gradient[i] as number);
    const change = choleskySolve(lower, g, free.length);
    // gᵀH⁻¹g is the squared step in units of the uncertainty.
    const size = Math.sqrt(
      Math.max(
        0,
        change.reduce((sum, c, i) => sum + c * (g[i] as number), 0),
      ),
    );
    if (size <= NEGLIGIBLE) return { theta, converged: true };
    if (!(size < 0.5 * previous)) return { theta, converged: previous < 1e-6 };
    const trial = Float64Array.from(theta);
    free.forEach((i, row) => {
      trial[i] = clampInto(box, i, (theta[i] as number) - (change[row] as number));
    });
    const after = likelihood.valueAndGradient(trial).value;
    // Rounding of −ln L is about 1e-14 of its terms; a rise beyond it means that the quadratic model does not hold yet.
    if (!(after <= value + 1e-11 * Math.max(1, Math.abs(value)))) return { theta, converged: false };
    theta = trial;
    previous = size;
  }
  return { theta, converged: previous < 1e-6 };
}

function gaussNewtonCovariance(likelihood: Likelihood, theta: Vector, active: Active): Matrix | undefined {
  const { residuals, jacobian } = likelihood.residuals(theta);
  const k = theta.length;
  const free = inside(active);
  const m = residuals.length;
  if (m < free.length) return undefined;
  const columns = Float64Array.from(
    { length: m * free.length },
    (_, e) => jacobian[Math.floor(e / free.length) * k + (free[e % free.length] as number)] as number,
  );
  return invertGram(columns, m, free.length);
}
