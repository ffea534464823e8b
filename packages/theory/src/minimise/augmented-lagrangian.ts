/**
 * Minimises a smooth function in a box where other functions must not be negative: by L-BFGS-B on the augmented Lagrangian, whose multipliers
 * converge without the penalty growing beyond bounds. R. T. Rockafellar, J. Optim. Theory Appl. 12 (1973) 555; J. Nocedal, S. Wright, Numerical
 * Optimization, 2nd ed. (2006), 17.4.
 */

import type { BoundOptions } from "./bounds.js";
import { norm, type Vector } from "./dense.js";
import { lbfgs, type ValueAndGradient } from "./lbfgs.js";

/** Values [m], each to be ≥ 0, and their derivatives [m, n] row-major. */
export interface Margins {
  readonly values: ArrayLike<number>;
  readonly jacobian: ArrayLike<number>;
}

export interface AugmentedOptions extends BoundOptions {
  /** Typical size of each parameter: one standard deviation, say. */
  readonly scale: Vector;
  /** Calls of the function for each value of the multipliers. */
  readonly maxEvaluations: number;
}

export interface AugmentedResult {
  readonly theta: Vector;
  /** How hard each constraint pushes, ∇f = Σ λᵢ ∇gᵢ at the minimum of a full interior; 0 where it does not. */
  readonly multipliers: Vector;
  readonly converged: boolean;
}

/** In scaled parameters a likelihood's curvature is about 1, so that each round leaves a tenth of the last one's error. */
const PENALTY = 10;
const LARGEST_PENALTY = 1e6;
const ROUNDS = 60;
/** A constraint that is violated by less than this part of a parameter's scale holds. */
const TOLERANCE = 1e-10;

/** @throws as `lbfgs` */
export function augmentedLagrangian(
  evaluate: (theta: Vector) => ValueAndGradient,
  margins: (theta: Vector) => Margins,
  start: Vector,
  { lower, upper, scale, maxEvaluations }: AugmentedOptions,
): AugmentedResult {
  const n = start.length;
  const first = margins(start);
  const m = first.values.length;
  // Constraints in units of what a step of one scale changes them by.
  const units = Float64Array.from({ length: m }, (_, i) => {
    const length = norm(Float64Array.from({ length: n }, (_, j) => (first.jacobian[i * n + j] as number) * (scale[j] as number)));
    return length > 0 && Number.isFinite(length) ? length : Math.abs(first.values[i] as number) || 1;
  });
  const multipliers = new Float64Array(m);
  let penalty = PENALTY;
  let theta: Vector = start;
  let before = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const found = lbfgs(
      (at) => {
        const { value, gradient } = evaluate(at);
        const { values, jacobian } = margins(at);
        const slope = Float64Array.from(gradient);
        let total = value;
        for (let i = 0; i < m; i++) {
          const unit = units[i] as number;
          const lambda = multipliers[i] as number;
          const push = Math.max(0, lambda - (penalty * (values[i] as number)) / unit);
          total += (push * push - lambda * lambda) / (2 * penalty);
          for (let j = 0; j < n; j++) slope[j] = (slope[j] as number) - (push * (jacobian[i * n + j] as number)) / unit;
          if (Number.isNaN(values[i])) total = Number.NaN; // max(0, NaN) must not pass for a constraint that holds
        }
        return { value: total, gradient: slope };
      },
      theta,
      { lower, upper, scale, maxEvaluations },
    );
    theta = found.theta;
    const { values } = margins(theta);
    let violation = 0;
    for (let i = 0; i < m; i++) {
      const margin = (values[i] as number) / (units[i] as number);
      // Either the constraint holds exactly and pushes, or it is slack and does not.
      violation = Math.max(violation, Math.abs(Math.min(margin, (multipliers[i] as number) / penalty)));
      multipliers[i] = Math.max(0, (multipliers[i] as number) - penalty * margin);
    }
    const ended = found.status === "gradient" || found.status === "precision";
    if (violation <= TOLERANCE && ended) return { theta, multipliers: physical(), converged: true };
    if (violation > 0.25 * before) penalty = Math.min(LARGEST_PENALTY, 10 * penalty);
    before = violation;
  }
  return { theta, multipliers: physical(), converged: false };

  function physical(): Vector {
    return multipliers.map((lambda, i) => lambda / (units[i] as number));
  }
}
