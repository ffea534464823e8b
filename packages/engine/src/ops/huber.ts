/** Squared error that turns linear for outliers, in its two scalings. */

import { TetradError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import { abs } from "./abs.js";
import { lessEqual } from "./lessEqual.js";
import { checkSameShape, type LossOptions, reduceLoss } from "./loss.js";
import { mul } from "./mul.js";
import { square } from "./square.js";
import { sub } from "./sub.js";
import { where } from "./where.js";

/** ½d² where |d| ≤ delta, delta (|d| − ½delta) beyond. */
function huberTerms(difference: Tensor, delta: number): Tensor {
  const size = abs(difference);
  return where(lessEqual(size, delta), mul(0.5, square(difference)), mul(delta, sub(size, 0.5 * delta)));
}

export interface HuberOptions extends LossOptions {
  /** Where the square ends, above 0. */
  readonly delta?: number;
}

/** ½d² where |d| = |x − target| ≤ delta, delta (|d| − ½delta) beyond. Throws SHAPE, ARGUMENT. Source: Huber 1964. */
export function huber(x: Tensor, target: Tensor, { delta = 1, reduction }: HuberOptions = {}): Tensor {
  checkSameShape("huber", x, target);
  if (!(delta > 0)) throw new TetradError("ARGUMENT", { op: "huber", what: "delta must be positive", got: `${delta}` });
  return reduceLoss(huberTerms(sub(x, target), delta), reduction);
}

export interface SmoothL1Options extends LossOptions {
  /** Where the square ends; 0 gives l1. */
  readonly beta?: number;
}

/** ½d²/beta where |d| = |x − target| ≤ beta, |d| − ½beta beyond: huber / beta. Throws SHAPE, ARGUMENT. Source: Girshick 2015 (arXiv:1504.08083). */
export function smoothL1(x: Tensor, target: Tensor, { beta = 1, reduction }: SmoothL1Options = {}): Tensor {
  checkSameShape("smoothL1", x, target);
  if (!(beta >= 0)) throw new TetradError("ARGUMENT", { op: "smoothL1", what: "beta must not be negative", got: `${beta}` });
  const difference = sub(x, target);
  return reduceLoss(beta === 0 ? abs(difference) : mul(1 / beta, huberTerms(difference, beta)), reduction);
}
