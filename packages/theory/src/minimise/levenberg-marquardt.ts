/**
 * Levenberg–Marquardt in a box: minimises Σ r(θ)² from residuals and their Jacobian, in float64.
 *
 * Each step solves min |r + J p|² + λ |D p|² over the box exactly (box-least-squares.ts), with Moré's scaling D (the largest
 * column norms seen so far), Nielsen's damping, and QR instead of normal equations. Near the minimum, where changes of Σ r²
 * drown in rounding, undamped Gauss–Newton steps go on until they no longer shrink: that is worth four more digits than
 * stopping on Σ r². Sources: J. Moré, Lecture Notes in Mathematics 630 (1978) 105; H. B. Nielsen, IMM-REP-1999-05;
 * C. Kanzow, N. Yamashita, M. Fukushima, J. Comput. Appl. Math. 172 (2004) 375 for the box.
 */

import { TetradError } from "@tetrad/engine";
import { type Active, activeSet, type BoundOptions, type Box, clampInto, makeBox } from "./bounds.js";
import { boxLeastSquares } from "./box-least-squares.js";
import { dot, type Matrix, multiplyTransposed, multiplyVector, norm, qr, type Vector } from "./dense.js";

/** Residuals [m] and Jacobian [m, n] row-major at one point. The arrays may be reused by the next call. */
export interface Residuals {
  readonly residuals: ArrayLike<number>;
  readonly jacobian: ArrayLike<number>;
  /** Twice what is minimised, where residuals have its slope and curvature but not its value (robust.ts); Σ r² unless told. */
  readonly sumOfSquares?: number;
}

export interface LeastSquaresOptions extends BoundOptions {
  /** Calls of the residual function before giving up; 1000 unless told. */
  readonly maxEvaluations?: number;
  /** Stops when a step, in scaled parameters, is below this part of the parameters; 1e-14 unless told. */
  readonly stepTolerance?: number;
  /** Called after each accepted step; return false to stop. */
  readonly onIteration?: (state: { iteration: number; theta: Vector; sumOfSquares: number; evaluations: number }) => boolean | undefined;
}

/**
 * `converged`: no step makes it smaller. `zero`: residuals vanish. `stalled`: no smaller sum was found though the gradient
 * is not zero (a kink, or a Jacobian that is not the derivative). `evaluations`: the allowance is used up. `cancelled`: onIteration said so.
 */
export type LeastSquaresStatus = "converged" | "zero" | "stalled" | "evaluations" | "cancelled";

export interface LeastSquaresResult {
  readonly theta: Vector;
  readonly residuals: Vector;
  readonly jacobian: Matrix;
  /** Twice the minimum. */
  readonly sumOfSquares: number;
  readonly active: Active;
  readonly iterations: number;
  readonly evaluations: number;
  readonly status: LeastSquaresStatus;
}

/** Gauss–Newton's predicted relative reduction below which Σ r² no longer steers. */
const NOISE_REGIME = 1e-12;
/**
 * Relative rise of Σ r² that rounding may cause: a residual that is the small difference of two large numbers (13 of 1300 in
 * Thurber's problem) carries 100 eps. A hundred times the predicted change, so that a truly worse point is still refused.
 */
const NOISE = 1e-10;
/** Residuals this much smaller than at the start count as zero. */
const ZERO = 1e-15;
/** Initial damping in units of the scaled Jacobian's unit columns (Nielsen's τ for a fair start). */
const INITIAL_DAMPING = 1e-3;
const LARGEST_DAMPING = 1e25;

interface Point {
  readonly theta: Vector;
  readonly residuals: Vector;
  readonly jacobian: Matrix;
  readonly sumOfSquares: number;
}

/**
 * @param evaluate residuals and Jacobian at θ; values that are not finite reject a step
 * @param start θ at the start, inside the bounds
 * @throws ARGUMENT when the start is outside its bounds; DATA when residuals or Jacobian are not finite there
 */
export function levenbergMarquardt(
  evaluate: (theta: Vector) => Residuals,
  start: ArrayLike<number>,
  options: LeastSquaresOptions = {},
): LeastSquaresResult {
  const op = "levenbergMarquardt";
  const n = start.length;
  const box = makeBox(op, start, options);
  const maxEvaluations = options.maxEvaluations ?? 1000;
  const stepTolerance = options.stepTolerance ?? 1e-14;

  let point = evaluateAt(evaluate, Float64Array.from(start));
  if (!isUsable(point)) {
    throw new TetradError("DATA", {
      op,
      what: "residuals or their derivatives are not finite at the start",
      hint: "start where the model is defined at every data point",
    });
  }
  const m = point.residuals.length;
  const zero = point.sumOfSquares * ZERO ** 2;
  const scale = new Float64Array(n);
  let damping = INITIAL_DAMPING;
  let growth = 2;
  let evaluations = 1;
  let iterations = 0;
  let previousStep = Infinity;

  const finish = (status: LeastSquaresStatus): LeastSquaresResult => ({
    ...point,
    active: activeSet(box, point.theta),
    iterations,
    evaluations,
    status,
  });

  for (;;) {
    if (point.sumOfSquares <= zero) return finish("zero");
    growScale(scale, point.jacobian, m, n);
    const reduced = reduce(point, m, n);
    const limits = distances(box, point.theta);
    const undamped = boxLeastSquares(reduced.r, reduced.qtb, n, limits, scale, 0);
    const polishing = undamped !== undefined && predicted(reduced, undamped, n) <= NOISE_REGIME * point.sumOfSquares;

    if (polishing) {
      const size = scaledNorm(undamped, scale);
      if (size <= stepTolerance * scaledNorm(point.theta, scale) || size > 0.9 * previousStep) return finish("converged");
      if (evaluations >= maxEvaluations) return finish("evaluations");
      const trial = evaluateAt(evaluate, moved(box, point.theta, undamped));
      evaluations++;
      if (!isUsable(trial) || trial.sumOfSquares > point.sumOfSquares * (1 + NOISE)) return finish("converged");
      previousStep = size;
      point = trial;
    } else {
      previousStep = Infinity;
      for (;;) {
        const step = boxLeastSquares(reduced.r, reduced.qtb, n, limits, scale, damping);
        if (step === undefined) return finish("stalled");
        const size = scaledNorm(step, scale);
        if (size <= stepTolerance * scaledNorm(point.theta, scale) || size === 0)
          return finish(isStationary(point, box, m, n) ? "converged" : "stalled");
        if (evaluations >= maxEvaluations) return finish("evaluations");
        const trial = evaluateAt(evaluate, moved(box, point.theta, step));
        evaluations++;
        const gain = isUsable(trial) ? (point.sumOfSquares - trial.sumOfSquares) / predicted(reduced, step, n) : -1;
        if (gain > 0) {
          damping *= Math.max(1 / 3, 1 - (2 * gain - 1) ** 3);
          growth = 2;
          point = trial;
          break;
        }
        damping *= growth;
        growth *= 2;
        if (damping > LARGEST_DAMPING) return finish(isStationary(point, box, m, n) ? "converged" : "stalled");
      }
    }
    iterations++;
    if (options.onIteration?.({ iteration: iterations, theta: point.theta, sumOfSquares: point.sumOfSquares, evaluations }) === false)
      return finish("cancelled");
  }
}

function evaluateAt(evaluate: (theta: Vector) => Residuals, theta: Vector): Point {
  const result = evaluate(theta);
  const residuals = Float64Array.from(result.residuals);
  return { theta, residuals, jacobian: Float64Array.from(result.jacobian), sumOfSquares: result.sumOfSquares ?? dot(residuals, residuals) };
}

function isUsable(point: Point): boolean {
  return Number.isFinite(point.sumOfSquares) && point.jacobian.every(Number.isFinite);
}

interface Reduced {
  readonly r: Matrix;
  readonly qtb: Vector;
}

/** [J | r] reduced to n rows: every subproblem then costs n³ however many data there are. */
function reduce({ jacobian, residuals }: Point, m: number, n: number): Reduced {
  if (m >= n) return qr(jacobian, residuals, m, n);
  const padded = new Float64Array(n * n); // fewer data than parameters: zero rows change nothing
  padded.set(jacobian);
  const tail = new Float64Array(n);
  tail.set(residuals);
  return qr(padded, tail, n, n);
}

/** How much |r + J p|² falls short of |r|² according to the linear model. */
function predicted({ r, qtb }: Reduced, step: Vector, n: number): number {
  const change = multiplyVector(r, step, n, n);
  return -(2 * dot(qtb, change) + dot(change, change));
}

function growScale(scale: Vector, jacobian: Matrix, m: number, n: number): void {
  for (let j = 0; j < n; j++) {
    let length = 0;
    for (let i = 0; i < m; i++) length += (jacobian[i * n + j] as number) ** 2;
    scale[j] = Math.max(scale[j] as number, Math.sqrt(length));
    if (scale[j] === 0) scale[j] = 1;
  }
}

function scaledNorm(x: Vector, scale: Vector): number {
  return norm(x.map((value, j) => value * (scale[j] as number)));
}

/** The box as seen from θ. */
function distances(box: Box, theta: Vector): Box {
  return { lower: box.lower.map((low, j) => low - (theta[j] as number)), upper: box.upper.map((high, j) => high - (theta[j] as number)) };
}

/** θ + p, exactly on a bound where p reaches it. */
function moved(box: Box, theta: Vector, step: Vector): Vector {
  return theta.map((value, j) => {
    const p = step[j] as number;
    if (p === (box.lower[j] as number) - value) return box.lower[j] as number;
    if (p === (box.upper[j] as number) - value) return box.upper[j] as number;
    return clampInto(box, j, value + p);
  });
}

/** The gradient is at rounding level in every free direction: |cos| of residual and column below 1e-6, as a step of zero suggests. */
function isStationary({ theta, residuals, jacobian, sumOfSquares }: Point, box: Box, m: number, n: number): boolean {
  const g = multiplyTransposed(jacobian, residuals, m, n);
  return g.every((value, j) => {
    if ((theta[j] === box.lower[j] && value > 0) || (theta[j] === box.upper[j] && value < 0)) return true;
    let length = 0;
    for (let i = 0; i < m; i++) length += (jacobian[i * n + j] as number) ** 2;
    return Math.abs(value) <= 1e-6 * Math.sqrt(length * sumOfSquares);
  });
}
