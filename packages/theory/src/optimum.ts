/** Finds the most probable parameters of a likelihood: Levenberg–Marquardt, L-BFGS where that stalls, Newton steps to the last digits. */

import { TetradError } from "@tetrad/engine";
import { refuseConstraints } from "./constraints.js";
import type { Likelihood } from "./likelihood.js";
import { lossesOf } from "./likelihood-graph.js";
import { augmentedLagrangian } from "./minimise/augmented-lagrangian.js";
import { type Active, activeSet, type Box, clampInto } from "./minimise/bounds.js";
import { cmaEs } from "./minimise/cma-es.js";
import { cholesky, choleskySolve, invertGram, type Matrix, qr, solveUpper, type Vector } from "./minimise/dense.js";
import { adam, gradientDescent } from "./minimise/descent.js";
import { lbfgs } from "./minimise/lbfgs.js";
import { levenbergMarquardt } from "./minimise/levenberg-marquardt.js";
import { nelderMead } from "./minimise/nelder-mead.js";
import type { Constraint } from "./theory.js";

export interface Optimum {
  readonly theta: Vector;
  /** −ln(likelihood × prior). */
  readonly value: number;
  readonly active: Active;
  /** Second derivatives of −ln(likelihood × prior) [k, k]; of the Lagrangian at constraints. */
  readonly hessian: Matrix;
  /** JᵀJ's inverse over the parameters that are at no bound (rows and columns in their order), data weighted by ρ″ ≥ 0; undefined when singular. */
  readonly gaussNewton: Matrix | undefined;
  /** Constraints that the optimum stands at, and their slopes [m, k]. */
  readonly held: { readonly constraints: readonly Constraint[]; readonly slopes: Matrix };
  readonly converged: boolean;
  /** What found it, before the Newton steps. */
  readonly method: FitMethod;
}

/** `linear` is the closed solution by QR, for theories linear in their parameters. */
export const FIT_METHODS = ["linear", "levenberg-marquardt", "lbfgs", "nelder-mead", "cma-es", "adam", "gradient-descent"] as const;
export type FitMethod = (typeof FIT_METHODS)[number];

export interface OptimumOptions {
  readonly method: "auto" | FitMethod;
  readonly maxEvaluations: number;
  /** Of `cma-es`. */
  readonly seed: number;
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
  const whole = likelihood.constraints.length === 0 ? unconstrained(likelihood, start, box, options) : undefined;
  return whole ?? withConstraints(likelihood, start, box, options);
}

const NONE = { constraints: [], slopes: new Float64Array(0) };

function unconstrained(likelihood: Likelihood, start: Vector, box: Box, options: OptimumOptions): Optimum {
  const { theta, converged, method } = search(likelihood, start, box, options);
  const polished = newton(likelihood, box, theta);
  const active = heldAt(box, polished.theta, likelihood.valueAndGradient(polished.theta).gradient);
  return {
    theta: polished.theta,
    value: likelihood.valueAndGradient(polished.theta).value,
    active,
    hessian: likelihood.curvature(polished.theta).hessian,
    gaussNewton: gaussNewtonCovariance(likelihood, polished.theta, active),
    held: NONE,
    converged: converged || polished.converged,
    method,
  };
}

/** The optimum of the whole box where the constraints allow it, else one that stands at some of them. */
function withConstraints(likelihood: Likelihood, start: Vector, box: Box, options: OptimumOptions): Optimum {
  const { method, maxEvaluations } = options;
  if (method !== "auto" && method !== "lbfgs") refuseConstraints(likelihood.theory, `method ${method}`, "use auto or lbfgs");
  const whole = unconstrained(likelihood, start, box, options);
  if (whole.converged && likelihood.satisfies(whole.theta)) return whole;
  const evaluate = (at: Vector) => likelihood.valueAndGradient(at);
  const found = augmentedLagrangian(evaluate, (at) => likelihood.constrain(at), start, {
    ...box,
    scale: scaleOf(likelihood, start),
    maxEvaluations,
  });
  const { theta, multipliers } = found;
  const k = theta.length;
  const { jacobian, hessian: bend } = likelihood.constrain(theta, multipliers);
  const pushing = Array.from(multipliers.keys()).filter((i) => (multipliers[i] as number) > 0);
  const { value, gradient } = evaluate(theta);
  // What the bounds have to hold is the slope that the constraints leave.
  const left = Float64Array.from(
    gradient,
    (slope, j) => slope - pushing.reduce((sum, i) => sum + (multipliers[i] as number) * (jacobian[i * k + j] as number), 0),
  );
  return {
    theta,
    value,
    active: heldAt(box, theta, left),
    hessian: likelihood.curvature(theta).hessian.map((second, e) => second - (bend[e] as number)),
    gaussNewton: undefined,
    held: {
      constraints: pushing.map((i) => likelihood.constraints[i] as Constraint),
      slopes: Float64Array.from(pushing.flatMap((i) => Array.from(jacobian.subarray(i * k, (i + 1) * k)))),
    },
    converged: found.converged,
    method: "lbfgs",
  };
}

type Found = Pick<Optimum, "theta" | "method"> & { readonly converged: boolean };

function search(likelihood: Likelihood, start: Vector, box: Box, { method, maxEvaluations, seed }: OptimumOptions): Found {
  if ((method === "linear" && !likelihood.linear) || (method === "levenberg-marquardt" && !likelihood.hasResiduals)) {
    throw new TetradError("ARGUMENT", {
      op: likelihood.theory.name,
      what: method === "linear" ? "the theory is not linear in its parameters" : "the likelihood is no sum of squares or robust losses",
      got: `method ${method}`,
      hint: "leave the method to auto",
    });
  }
  if (method === "linear" || (method === "auto" && likelihood.linear)) {
    const theta = linearSolution(likelihood, start);
    if (theta?.every((value, i) => value === clampInto(box, i, value)) === true) return { theta, method: "linear", converged: true };
  }
  let theta = start;
  if (method === "linear" || method === "levenberg-marquardt" || (method === "auto" && likelihood.hasResiduals)) {
    const result = levenbergMarquardt((at) => likelihood.residuals(at), start, { ...box, maxEvaluations });
    theta = result.theta;
    const converged = result.status === "converged" || result.status === "zero";
    if (converged || method !== "auto") return { theta, method: "levenberg-marquardt", converged };
  }
  const scale = scaleOf(likelihood, theta);
  if (method === "nelder-mead" || method === "cma-es") {
    const value = (at: Vector): number => likelihood.valueAndGradient(at).value;
    const { theta: lowest, converged } = (method === "nelder-mead" ? nelderMead : cmaEs)(value, theta, {
      ...box,
      scale,
      maxEvaluations,
      seed,
    });
    return { theta: lowest, method, converged };
  }
  if (method === "adam" || method === "gradient-descent") {
    const descend = method === "adam" ? adam : gradientDescent;
    const { theta: lowest, converged } = descend((at) => likelihood.valueAndGradient(at), theta, { ...box, scale, maxEvaluations });
    return { theta: lowest, method, converged };
  }
  const result = lbfgs((at) => likelihood.valueAndGradient(at), theta, { ...box, scale, maxEvaluations });
  return { theta: result.theta, method: "lbfgs", converged: result.status === "gradient" || result.status === "precision" };
}

/** Columns closer to a combination of the others than this part of their length are not determined. */
const DEPENDENT = 1e-13;

/** min |r + J (θ − θ₀)| by QR, twice, so that the second step takes away what rounding left of the first; undefined where the data leave a direction open. */
function linearSolution(likelihood: Likelihood, start: Vector): Vector | undefined {
  let theta = start;
  const k = start.length;
  for (let pass = 0; pass < 2; pass++) {
    const { residuals, jacobian } = likelihood.residuals(theta);
    const m = residuals.length;
    if (m < k) return undefined;
    const lengths = columnLengths(jacobian, m, k);
    const { r, qtb } = qr(
      Float64Array.from(jacobian, (value, e) => value / (lengths[e % k] as number)),
      residuals,
      m,
      k,
    );
    if (theta.some((_, j) => !(Math.abs(r[j * k + j] as number) > DEPENDENT))) return undefined;
    const change = solveUpper(r, qtb, k);
    if (change?.every(Number.isFinite) !== true) return undefined;
    theta = theta.map((value, j) => value - (change[j] as number) / (lengths[j] as number));
  }
  return theta;
}

function columnLengths(jacobian: ArrayLike<number>, m: number, k: number): Vector {
  return Float64Array.from({ length: k }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < m; i++) sum += (jacobian[i * k + j] as number) ** 2;
    return Math.sqrt(sum);
  });
}

/** A parameter counts as held by its bound when it stands there and the fit would go on beyond it. */
function heldAt(box: Box, theta: Vector, gradient: ArrayLike<number>): Active {
  return activeSet(box, theta).map((side, i) => (side * (gradient[i] as number) <= 0 ? side : 0));
}

/** One over the column norms of the Jacobian, or over the root of the curvature: each parameter's own resolution, in whatever units. */
function scaleOf(likelihood: Likelihood, theta: Vector): Vector {
  if (!likelihood.hasResiduals) {
    const { hessian } = likelihood.curvature(theta);
    return theta.map((value, i) => {
      const curvature = Math.abs(hessian[i * (theta.length + 1)] as number);
      return curvature > 0 && Number.isFinite(curvature) ? 1 / Math.sqrt(curvature) : Math.abs(value) || 1;
    });
  }
  const { residuals, jacobian } = likelihood.residuals(theta);
  const lengths = columnLengths(jacobian, residuals.length, theta.length);
  return theta.map((value, j) => {
    const length = lengths[j] as number;
    return length > 0 && Number.isFinite(length) ? 1 / length : Math.abs(value) || 1;
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
  if (!likelihood.hasResiduals) return undefined;
  const { residuals, jacobian } = likelihood.pulls(theta);
  const losses = lossesOf(likelihood.observed);
  const k = theta.length;
  const free = inside(active);
  const m = residuals.length;
  if (m < free.length) return undefined;
  const columns = Float64Array.from({ length: m * free.length }, (_, e) => {
    const row = Math.floor(e / free.length);
    const curvature = losses[row]?.curvature(residuals[row] as number) ?? 1;
    return Math.sqrt(Math.max(0, curvature)) * (jacobian[row * k + (free[e % free.length] as number)] as number);
  });
  return invertGram(columns, m, free.length);
}
