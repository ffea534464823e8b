/** How a loss per element becomes what the caller asked for. */

import { TetradError } from "../errors.js";
import { formatShape, sameShape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { mean } from "./mean.js";
import { sum } from "./sum.js";

export type LossReduction = "none" | "mean" | "sum";

export interface LossOptions {
  /** "mean" over all elements unless told. */
  readonly reduction?: LossReduction;
}

export function reduceLoss(loss: Tensor, reduction: LossReduction = "mean"): Tensor {
  if (reduction === "none") return loss;
  return reduction === "sum" ? sum(loss) : mean(loss);
}

/** Broadcasting a (N, 1) prediction against (N) targets is the classic silent mistake, so a loss takes equal shapes only. */
export function checkSameShape(op: string, x: Tensor, target: Tensor): void {
  if (!sameShape(x.shape, target.shape)) {
    throw new TetradError("SHAPE", {
      op,
      what: "prediction and target differ in shape",
      got: `${formatShape(x.shape)} and ${formatShape(target.shape)}`,
      expected: "equal shapes",
      hint: "reshape one of them",
    });
  }
}
