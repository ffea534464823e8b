/** The best fit with one parameter held: what profiles and regions are made of. */

import type { Likelihood } from "../likelihood.js";
import type { Box } from "../minimise/bounds.js";
import type { Vector } from "../minimise/dense.js";
import { lbfgs } from "../minimise/lbfgs.js";

export interface Conditional {
  /** All free parameters, the held one included. */
  readonly theta: Vector;
  /** −ln(likelihood × prior). */
  readonly value: number;
}

/**
 * Refits all parameters but one from `start`, in the box. A value of Infinity where the theory is undefined there.
 * @param scale typical size of each parameter
 */
export function fitWithout(
  likelihood: Pick<Likelihood, "valueAndGradient">,
  box: Box,
  scale: ArrayLike<number>,
  held: number,
  at: number,
  start: ArrayLike<number>,
): Conditional {
  const k = start.length;
  const others = Array.from({ length: k }, (_, i) => i).filter((i) => i !== held);
  const whole = (part: ArrayLike<number>): Vector => {
    const theta = new Float64Array(k);
    theta[held] = at;
    others.forEach((i, j) => {
      theta[i] = part[j] as number;
    });
    return theta;
  };
  const pick = (values: ArrayLike<number>): Vector => Float64Array.from(others, (i) => values[i] as number);
  const first = whole(pick(start));
  const there = likelihood.valueAndGradient(first);
  if (!Number.isFinite(there.value) || !Array.from(there.gradient).every(Number.isFinite)) return { theta: first, value: Infinity };
  if (others.length === 0) return { theta: first, value: there.value };
  const found = lbfgs(
    (part) => {
      const { value, gradient } = likelihood.valueAndGradient(whole(part));
      return { value, gradient: pick(gradient) };
    },
    pick(start),
    { lower: pick(box.lower), upper: pick(box.upper), scale: pick(scale), gradientTolerance: 1e-7, valueTolerance: 1e-13 },
  );
  return { theta: whole(found.theta), value: found.value };
}
