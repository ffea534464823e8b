/** Kullback–Leibler divergence of log-probabilities. */

import type { Tensor } from "../tensor.js";
import { countOver } from "./count.js";
import { div } from "./div.js";
import { equal } from "./equal.js";
import { exp } from "./exp.js";
import { log } from "./log.js";
import { checkSameShape, type LossReduction, reduceLoss } from "./loss.js";
import { mul } from "./mul.js";
import { sub } from "./sub.js";
import { sum } from "./sum.js";
import { where } from "./where.js";

export interface KlDivOptions {
  /** "batchmean", unless told, divides the sum by the extent of axis 0, which is the divergence's own definition; "mean" divides by all elements. */
  readonly reduction?: LossReduction | "batchmean";
  /** The target holds logarithms too. */
  readonly logTarget?: boolean;
}

/**
 * Σ p (ln p − x) for log-probabilities x and probabilities p = target, or p = e^target with `logTarget`; 0 where p is 0.
 * Throws SHAPE unless the shapes are equal.
 */
export function klDiv(x: Tensor, target: Tensor, { reduction = "batchmean", logTarget = false }: KlDivOptions = {}): Tensor {
  checkSameShape("klDiv", x, target);
  const none = equal(target, 0);
  const terms = logTarget ? mul(exp(target), sub(target, x)) : where(none, 0, mul(target, sub(log(where(none, 1, target)), x)));
  if (reduction !== "batchmean") return reduceLoss(terms, reduction);
  return div(sum(terms), x.rank === 0 ? 1 : countOver(x, [0], x.dtype === "f64" ? "f64" : "f32"));
}
