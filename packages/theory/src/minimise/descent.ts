/** First-order descents, as networks are trained, for theories: Adam, and gradient descent whose step adapts. They need no curvature, and many calls. */

import { TetradError } from "@tetrad/engine";
import { type BoundOptions, type Box, clampInto, makeBox, projectedGradientNorm } from "./bounds.js";
import { dot, type Vector } from "./dense.js";
import type { ValueAndGradient } from "./lbfgs.js";

export interface DescentOptions extends BoundOptions {
  /** Typical size of each parameter, > 0; 1 unless told. */
  readonly scale?: ArrayLike<number>;
  /** First step, in units of the scale; 0.1 unless told. */
  readonly learningRate?: number;
  /** Calls of the function before giving up; 5000 times the number of parameters unless told. */
  readonly maxEvaluations?: number;
  /** Stops when the largest component of the projected gradient, by θ/scale, is at most this; 1e-6 unless told. */
  readonly gradientTolerance?: number;
}

export interface DescentResult {
  readonly theta: Vector;
  readonly value: number;
  readonly evaluations: number;
  /** Ended by its tolerance, not by the number of evaluations. */
  readonly converged: boolean;
}

type Evaluate = (theta: Vector) => ValueAndGradient;

/**
 * Adam (D. P. Kingma, J. Ba, arXiv:1412.6980, algorithm 1; β 0.9 and 0.999, ε 1e-12 of the scaled gradient) with its rate lowered to nothing along a cosine;
 * steps that leave the box end on it, those to where the function is undefined are halved. Returns the lowest point seen.
 * @throws ARGUMENT for a start outside its bounds, DATA where the function is undefined at the start
 */
export function adam(evaluate: Evaluate, start: ArrayLike<number>, options: DescentOptions = {}): DescentResult {
  const { box, scale, most, rate, tolerance, first } = begin("adam", evaluate, start, options);
  const n = start.length;
  const mean = new Float64Array(n);
  const square = new Float64Array(n);
  let at = first;
  let best = first;
  let evaluations = 1;
  for (let step = 1; evaluations < most; step++) {
    if (gradientNorm(box, scale, at) <= tolerance) return { theta: at.theta, value: at.value, evaluations, converged: true };
    const eta = rate * 0.5 * (1 + Math.cos((Math.PI * evaluations) / most));
    const change = at.gradient.map((g, i) => {
      mean[i] = 0.9 * (mean[i] as number) + 0.1 * g;
      square[i] = 0.999 * (square[i] as number) + 0.001 * g * g;
      const unbiased = (mean[i] as number) / (1 - 0.9 ** step);
      return (-eta * unbiased) / (Math.sqrt((square[i] as number) / (1 - 0.999 ** step)) + 1e-12);
    });
    let next = at;
    for (let part = 1; part > 1e-9 && evaluations < most; part /= 2) {
      next = pointAt(evaluate, moved(box, scale, at.theta, change, part), scale);
      evaluations++;
      if (isDefined(next)) break;
    }
    if (!isDefined(next)) break;
    at = next;
    if (at.value < best.value) best = at;
  }
  return { theta: best.theta, value: best.value, evaluations, converged: gradientNorm(box, scale, best) <= tolerance };
}

/**
 * θ ← θ − η ∇f in scaled parameters, projected onto the box (L. Armijo, Pacific J. Math. 16 (1966) 1): a step that does not lower f by a tenth of what its slope
 * promises is taken back and η halved; after one that does η grows by a fifth. The value never rises.
 * @throws ARGUMENT for a start outside its bounds, DATA where the function is undefined at the start
 */
export function gradientDescent(evaluate: Evaluate, start: ArrayLike<number>, options: DescentOptions = {}): DescentResult {
  const { box, scale, most, rate, tolerance, first } = begin("gradientDescent", evaluate, start, options);
  let at = first;
  let eta = rate;
  let evaluations = 1;
  while (evaluations < most && gradientNorm(box, scale, at) > tolerance) {
    const next = pointAt(evaluate, moved(box, scale, at.theta, at.gradient, -eta), scale);
    evaluations++;
    const step = next.theta.map((value, i) => (value - (at.theta[i] as number)) / (scale[i] as number));
    if (isDefined(next) && next.value <= at.value + 0.1 * dot(at.gradient, step)) {
      at = next;
      eta *= 1.2;
    } else {
      eta /= 2;
      // Rounding of f hides what is still to be gained.
      if (step.every((value) => Math.abs(value) < 1e-13)) break;
    }
  }
  return { theta: at.theta, value: at.value, evaluations, converged: gradientNorm(box, scale, at) <= tolerance };
}

interface Point {
  readonly theta: Vector;
  readonly value: number;
  /** By θ/scale. */
  readonly gradient: Vector;
}

function begin(op: string, evaluate: Evaluate, start: ArrayLike<number>, options: DescentOptions) {
  const n = start.length;
  const box = makeBox(op, start, options);
  const scale = Float64Array.from({ length: n }, (_, i) => options.scale?.[i] ?? 1);
  const first = pointAt(evaluate, Float64Array.from(start), scale);
  if (!isDefined(first)) {
    throw new TetradError("DATA", {
      op,
      what: "the function or its gradient is not finite at the start",
      hint: "start where the model is defined at every data point",
    });
  }
  return {
    box,
    scale,
    first,
    most: options.maxEvaluations ?? 5000 * n,
    rate: options.learningRate ?? 0.1,
    tolerance: options.gradientTolerance ?? 1e-6,
  };
}

function pointAt(evaluate: Evaluate, theta: Vector, scale: Vector): Point {
  const { value, gradient } = evaluate(theta);
  return { theta, value, gradient: Float64Array.from(gradient, (g, i) => g * (scale[i] as number)) };
}

function isDefined({ value, gradient }: Point): boolean {
  return Number.isFinite(value) && gradient.every(Number.isFinite);
}

function moved(box: Box, scale: Vector, theta: Vector, change: Vector, part: number): Vector {
  return theta.map((value, i) => clampInto(box, i, value + part * (change[i] as number) * (scale[i] as number)));
}

function gradientNorm(box: Box, scale: Vector, { theta, gradient }: Point): number {
  const scaled = (values: Vector): Vector => values.map((value, i) => value / (scale[i] as number));
  return projectedGradientNorm({ lower: scaled(box.lower), upper: scaled(box.upper) }, scaled(theta), gradient);
}
