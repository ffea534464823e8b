/**
 * L-BFGS (Liu and Nocedal 1989) in PyTorch's form, `torch.optim.LBFGS`: driven from the host, because its line search decides after each
 * evaluation; the function itself is a compiled program's `callSync`. For fits within bounds use the theory package.
 */

import { TetradError } from "../errors.js";
import { type LineSample, strongWolfe } from "./strong-wolfe.js";

/** Value and gradient [n] at one point. The gradient may be a view that the next call overwrites. */
export interface Evaluation {
  readonly value: number;
  readonly gradient: ArrayLike<number>;
}

export interface LbfgsOptions {
  /** Step length tried first, or taken where there is no line search; 1 unless told. */
  readonly lr?: number;
  /** Inner iterations of one `step`; 20 unless told. */
  readonly maxIterations?: number;
  /** Evaluations after which a `step` ends; 1.25 · maxIterations unless told. */
  readonly maxEvaluations?: number;
  /** Stops when no component of the gradient is larger; 1e-7 unless told. */
  readonly toleranceGradient?: number;
  /** Stops when value or every parameter change by less; 1e-9 unless told. */
  readonly toleranceChange?: number;
  /** Steps remembered; 100 unless told. */
  readonly historySize?: number;
  /** `none` takes steps of `lr`, which only a well-scaled problem survives; `strongWolfe` unless told. */
  readonly lineSearch?: "strongWolfe" | "none";
}

export interface LbfgsStep {
  /** Value at the beginning of the step. */
  readonly value: number;
  readonly evaluations: number;
  /** The gradient was within its tolerance, at the beginning or the end. */
  readonly converged: boolean;
}

/** A minimisation in progress; it remembers curvature between steps, so it serves one function and one `x`. */
export interface Lbfgs {
  /**
   * Moves `x` [n] downhill by up to `maxIterations` iterations, in place.
   * @throws TetradError DIVERGED when value or gradient are not finite; `x` is then as before the iteration that failed
   */
  step(x: Float64Array, evaluate: (x: Float64Array) => Evaluation): LbfgsStep;
}

/** A pair is remembered only where the curvature sᵀy is safely positive: PyTorch's threshold. */
const LEAST_CURVATURE = 1e-10;

/** @throws TetradError ARGUMENT for options that allow no step */
export function lbfgs(options: LbfgsOptions = {}): Lbfgs {
  const {
    lr = 1,
    maxIterations = 20,
    toleranceGradient = 1e-7,
    toleranceChange = 1e-9,
    historySize = 100,
    lineSearch = "strongWolfe",
  } = options;
  const { maxEvaluations = Math.floor((maxIterations * 5) / 4) } = options;
  if (!(lr > 0 && maxIterations >= 1 && maxEvaluations >= 1 && historySize >= 1)) {
    throw new TetradError("ARGUMENT", {
      op: "lbfgs",
      what: "lr, maxIterations, maxEvaluations and historySize must be positive",
      got: `${lr}, ${maxIterations}, ${maxEvaluations}, ${historySize}`,
    });
  }
  const memory = new Memory(historySize);
  let last: { readonly direction: Float64Array; readonly t: number; readonly gradient: Float64Array } | undefined;

  return {
    step(x, evaluate) {
      let evaluations = 0;
      const at = (point: Float64Array): Point => {
        evaluations++;
        const { value, gradient } = evaluate(point);
        return { value, gradient: Float64Array.from(gradient) };
      };
      let now = finite(at(x));
      const { value } = now;
      let converged = largest(now.gradient) <= toleranceGradient;
      for (let iteration = 1; !converged && iteration <= maxIterations; iteration++) {
        const from = now;
        if (last !== undefined) memory.update(scaled(last.direction, last.t), minus(from.gradient, last.gradient));
        const direction = memory.descent(from.gradient);
        // Before any curvature is known the gradient's size says nothing about the step's.
        let t = last === undefined ? Math.min(1, 1 / absoluteSum(from.gradient)) * lr : lr;
        const slope = dot(from.gradient, direction);
        if (slope <= -toleranceChange) {
          const along = (step: number) => x.map((component, i) => component + step * (direction[i] as number));
          if (lineSearch === "strongWolfe") {
            const sample = (step: number): LineSample => {
              const there = at(along(step));
              return { t: step, ...there, slope: dot(there.gradient, direction) };
            };
            const found = strongWolfe(sample, { ...from, t: 0, slope }, t, largest(direction), maxEvaluations - evaluations);
            now = finite({ value: found.value, gradient: found.gradient });
            t = found.t;
            x.set(along(t));
          } else {
            const next = along(t);
            // After the last iteration the next step evaluates here anyway.
            if (iteration < maxIterations) now = finite(at(next));
            x.set(next);
          }
        }
        last = { direction, t, gradient: from.gradient };
        if (now === from) break;
        converged = largest(now.gradient) <= toleranceGradient;
        if (
          evaluations >= maxEvaluations ||
          t * largest(direction) <= toleranceChange ||
          Math.abs(now.value - from.value) < toleranceChange
        )
          break;
      }
      return { value, evaluations, converged };
    },
  };
}

interface Point {
  readonly value: number;
  readonly gradient: Float64Array;
}

function finite(point: Point): Point {
  if (Number.isFinite(point.value) && point.gradient.every(Number.isFinite)) return point;
  throw new TetradError("DIVERGED", {
    op: "lbfgs",
    what: "the value or its gradient is not finite",
    got: `value ${point.value}`,
    hint: 'start closer to a minimum, or use lineSearch "strongWolfe" and a smaller lr',
  });
}

interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly rho: number;
}

/** The inverse Hessian that the remembered steps s and gradient changes y amount to. */
class Memory {
  readonly #pairs: Pair[] = [];
  /** Diagonal of the inverse Hessian before the pairs are applied. */
  #diagonal = 1;

  constructor(private readonly capacity: number) {}

  update(s: Float64Array, y: Float64Array): void {
    const ys = dot(y, s);
    if (!(ys > LEAST_CURVATURE)) return;
    if (this.#pairs.length === this.capacity) this.#pairs.shift();
    this.#pairs.push({ s, y, rho: 1 / ys });
    this.#diagonal = ys / dot(y, y);
  }

  /** −H·gradient by the two-loop recursion (Nocedal and Wright 2006, algorithm 7.4). */
  descent(gradient: Float64Array): Float64Array {
    const d = scaled(gradient, -1);
    const alphas = new Float64Array(this.#pairs.length);
    for (let i = this.#pairs.length - 1; i >= 0; i--) {
      const { s, y, rho } = this.#pairs[i] as Pair;
      alphas[i] = dot(s, d) * rho;
      addScaled(d, y, -(alphas[i] as number));
    }
    for (let i = 0; i < d.length; i++) d[i] = (d[i] as number) * this.#diagonal;
    for (const [i, { s, y, rho }] of this.#pairs.entries()) addScaled(d, s, (alphas[i] as number) - dot(y, d) * rho);
    return d;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function addScaled(target: Float64Array, x: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] as number) + factor * (x[i] as number);
}

function scaled(x: Float64Array, factor: number): Float64Array {
  return x.map((value) => value * factor);
}

function minus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - (b[i] as number));
}

function largest(x: Float64Array): number {
  return x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function absoluteSum(x: Float64Array): number {
  return x.reduce((sum, value) => sum + Math.abs(value), 0);
}
