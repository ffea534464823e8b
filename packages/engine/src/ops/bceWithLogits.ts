/** Binary cross-entropy of logits. */

import type { Tensor } from "../tensor.js";
import type { TensorLike } from "../trace.js";
import { add } from "./add.js";
import { checkSameShape, type LossOptions, reduceLoss } from "./loss.js";
import { mul } from "./mul.js";
import { neg } from "./neg.js";
import { softplus } from "./softplus.js";
import { sub } from "./sub.js";

export interface BceOptions extends LossOptions {
  /** Factor on each term; broadcast. */
  readonly weight?: TensorLike;
  /** Factor on the terms of positive targets; broadcast. */
  readonly posWeight?: TensorLike;
}

/**
 * −weight [posWeight t ln σ(x) + (1 − t) ln(1 − σ(x))] for logits x and targets t in [0, 1], without overflow.
 * With p = posWeight this is (1 − t) x + (1 + (p − 1) t) ln(1 + e^(−x)). Throws SHAPE unless logits and targets have equal shapes.
 */
export function bceWithLogits(logits: Tensor, target: Tensor, { weight, posWeight, reduction }: BceOptions = {}): Tensor {
  checkSameShape("bceWithLogits", logits, target);
  const tail = softplus(neg(logits), { threshold: Infinity });
  const scaled = posWeight === undefined ? tail : mul(add(mul(sub(posWeight, 1), target), 1), tail);
  const terms = add(mul(sub(1, target), logits), scaled);
  return reduceLoss(weight === undefined ? terms : mul(terms, weight), reduction);
}
