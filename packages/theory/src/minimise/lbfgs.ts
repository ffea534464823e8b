/**
 * L-BFGS-B: minimises a smooth function in a box from values and gradients, remembering a few steps instead of a Hessian.
 * Direction from the compact quadratic model (cauchy.ts), step by a strong-Wolfe line search (line-search.ts).
 */

import { TetradError } from "@tetrad/engine";
import { type Active, activeSet, type BoundOptions, type Box, clampInto, makeBox, projectedGradientNorm } from "./bounds.js";
import { modelMinimiser } from "./cauchy.js";
import { dot, norm, type Vector } from "./dense.js";
import { LimitedMemory } from "./lbfgs-memory.js";
import { strongWolfe } from "./line-search.js";

/** Value and gradient [n] at one point. The gradient array may be reused by the next call. */
export interface ValueAndGradient {
  readonly value: number;
  readonly gradient: ArrayLike<number>;
}

export interface LbfgsOptions extends BoundOptions {
  /** Typical size of each parameter, > 0; 1 unless told. Units must not decide a fit: parameters of 1e3 and 1e-4 need this. */
  readonly scale?: ArrayLike<number>;
  /** Steps remembered; 10 unless told. */
  readonly memory?: number;
  /** Calls of the function before giving up; 2000 unless told. */
  readonly maxEvaluations?: number;
  /** Stops when the largest component of the projected gradient, by θ/scale, is at most this; 1e-10 unless told. */
  readonly gradientTolerance?: number;
  /** Stops when an iteration lowers the value by at most this part of max(|f|, |f₊|, 1); unless told, it goes on as far as rounding allows. */
  readonly valueTolerance?: number;
  /** Called after each iteration; return false to stop. */
  readonly onIteration?: (state: {
    iteration: number;
    theta: Vector;
    value: number;
    gradientNorm: number;
    evaluations: number;
  }) => boolean | undefined;
}

/** `precision`: nothing lower is to be found, as happens within rounding of a minimum. */
export type LbfgsStatus = "gradient" | "value" | "precision" | "evaluations" | "cancelled";

export interface LbfgsResult {
  readonly theta: Vector;
  readonly value: number;
  readonly gradient: Vector;
  /** Largest component of the projected gradient by θ/scale. */
  readonly gradientNorm: number;
  readonly active: Active;
  readonly iterations: number;
  readonly evaluations: number;
  readonly status: LbfgsStatus;
}

/** Rounding of a value that is a sum of a few hundred terms, relative to max(|f|, 1). */
const ROUNDING = 1e-14;
/** The predicted decrease, relative to max(|f|, 1), below which a step is pointless: parameters then stand within 1e-9 of their uncertainty. */
const POINTLESS = 1e-18;
/** Iterations without a lower value that are tolerated, since slopes can still improve θ where values no longer can. */
const PATIENCE = 8;

interface Point {
  readonly x: Vector;
  readonly value: number;
  readonly gradient: Vector;
}

/**
 * @param evaluate value and gradient at θ; values that are not finite shorten the step
 * @throws ARGUMENT when the start is outside its bounds or a scale is not positive; DATA when value or gradient are not finite there
 */
export function lbfgs(evaluate: (theta: Vector) => ValueAndGradient, start: ArrayLike<number>, options: LbfgsOptions = {}): LbfgsResult {
  const n = start.length;
  const original = makeBox("lbfgs", start, options);
  const scale = Float64Array.from({ length: n }, (_, i) => options.scale?.[i] ?? 1);
  if (!scale.every((value) => value > 0 && Number.isFinite(value))) {
    throw new TetradError("ARGUMENT", { op: "lbfgs", what: "a scale is not a positive number", got: scale.join(", ") });
  }
  const divided = (values: Vector): Vector => values.map((value, i) => value / (scale[i] as number));
  const box: Box = { lower: divided(original.lower), upper: divided(original.upper) };
  const thetaOf = (x: Vector): Vector =>
    x.map((value, i) =>
      value === box.lower[i]
        ? (original.lower[i] as number)
        : value === box.upper[i]
          ? (original.upper[i] as number)
          : clampInto(original, i, value * (scale[i] as number)),
    );

  const state = new Descent(
    (x) => {
      const { value, gradient } = evaluate(thetaOf(x));
      return { x, value, gradient: Float64Array.from(gradient, (g, i) => g * (scale[i] as number)) };
    },
    box,
    new LimitedMemory(n, options.memory ?? 10),
    divided(Float64Array.from(start)),
    options.maxEvaluations ?? 2000,
  );
  if (!Number.isFinite(state.point.value) || !state.point.gradient.every(Number.isFinite)) {
    throw new TetradError("DATA", {
      op: "lbfgs",
      what: "the function or its gradient is not finite at the start",
      hint: "start where the model is defined at every data point",
    });
  }
  const { gradientTolerance = 1e-10, valueTolerance } = options;
  let status: LbfgsStatus | undefined = state.gradientNorm <= gradientTolerance ? "gradient" : undefined;
  while (status === undefined) {
    const before = state.point.value;
    status = state.iterate();
    if (status !== undefined) break;
    const { point, gradientNorm, iterations, evaluations } = state;
    if (options.onIteration?.({ iteration: iterations, theta: thetaOf(point.x), value: point.value, gradientNorm, evaluations }) === false)
      status = "cancelled";
    else if (gradientNorm <= gradientTolerance) status = "gradient";
    else if (valueTolerance !== undefined && before - point.value <= valueTolerance * magnitude(point)) status = "value";
  }
  const theta = thetaOf(state.point.x);
  return {
    theta,
    value: state.point.value,
    gradient: divided(state.point.gradient),
    gradientNorm: state.gradientNorm,
    active: activeSet(original, theta),
    iterations: state.iterations,
    evaluations: state.evaluations,
    status,
  };
}

function magnitude(point: Point): number {
  return Math.max(Math.abs(point.value), 1);
}

/** The state of one minimisation in scaled variables; `iterate` lowers the value or says why it cannot. */
class Descent {
  iterations = 0;
  evaluations = 1;
  point: Point;
  #lowest: number;
  #waits = 0;

  constructor(
    readonly evaluate: (x: Vector) => Point,
    readonly box: Box,
    readonly memory: LimitedMemory,
    start: Vector,
    readonly maxEvaluations: number,
  ) {
    this.point = evaluate(start);
    this.#lowest = this.point.value;
  }

  get gradientNorm(): number {
    return projectedGradientNorm(this.box, this.point.x, this.point.gradient);
  }

  iterate(): LbfgsStatus | undefined {
    const { memory, box, point: from } = this;
    for (;;) {
      if (this.evaluations >= this.maxEvaluations) return "evaluations";
      const target = modelMinimiser(memory, box, from.x, from.gradient);
      const direction = target.map((value, i) => value - (from.x[i] as number));
      const slope = dot(direction, from.gradient);
      const next = slope < -POINTLESS * magnitude(from) ? this.#search(from, direction, slope) : undefined;
      if (next === undefined) {
        if (memory.pairs === 0) return this.evaluations >= this.maxEvaluations ? "evaluations" : "precision";
        memory.clear(); // a stale model may be to blame: once more along the gradient
        continue;
      }
      this.point = next;
      this.iterations++;
      memory.update(
        next.x.map((value, i) => value - (from.x[i] as number)),
        next.gradient.map((value, i) => value - (from.gradient[i] as number)),
      );
      if (next.value < this.#lowest) {
        this.#lowest = next.value;
        this.#waits = 0;
      } else if (++this.#waits > PATIENCE) {
        return "precision";
      }
      return undefined;
    }
  }

  /** The point of a strong-Wolfe step, or the lowest one seen; undefined when nothing lower was found. */
  #search(from: Point, direction: Vector, slope: number): Point | undefined {
    const seen = new Map<number, Point>();
    const maxStep = largestStep(this.box, from.x, direction);
    const search = strongWolfe(
      (step) => {
        const trial = this.evaluate(along(this.box, from.x, direction, step, maxStep));
        this.evaluations++;
        seen.set(step, trial);
        return { step, value: trial.value, slope: dot(trial.gradient, direction) };
      },
      { step: 0, value: from.value, slope },
      {
        // Without curvature information the step's length means nothing: try a unit step (as L-BFGS-B 3.0).
        initialStep: this.memory.pairs === 0 ? Math.min(1, 1 / norm(direction), maxStep) : Math.min(1, maxStep),
        maxStep,
        rounding: ROUNDING * magnitude(from),
        maxEvaluations: Math.max(1, Math.min(20, this.maxEvaluations - this.evaluations)),
      },
    );
    const next = seen.get(search.step);
    return next !== undefined && (next.value < from.value || search.status === "wolfe") ? next : undefined;
  }
}

/** How far the direction may be followed without leaving the box. */
function largestStep(box: Box, x: Vector, direction: Vector): number {
  let largest = 1e10;
  for (let i = 0; i < x.length; i++) {
    const d = direction[i] as number;
    if (d === 0) continue;
    largest = Math.min(largest, ((d > 0 ? (box.upper[i] as number) : (box.lower[i] as number)) - (x[i] as number)) / d);
  }
  return largest;
}

/** x + step·d, exactly on the bound that limits the step. */
function along(box: Box, x: Vector, direction: Vector, step: number, maxStep: number): Vector {
  return x.map((value, i) => {
    const d = direction[i] as number;
    const bound = (d > 0 ? box.upper[i] : box.lower[i]) as number;
    if (step === maxStep && d !== 0 && (bound - value) / d <= maxStep) return bound;
    return clampInto(box, i, value + step * d);
  });
}
