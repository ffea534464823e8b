/** A residual added, and the sum normalised by its batch, or by running statistics in evaluation; both are results. */

import type { Tensor } from "../tensor.js";
import type { BatchNormOptions, BatchNormResult } from "./batchNorm.js";
import { applyBatchNorm, batchNormForwardOp } from "./batchNormForward.js";

/** Outputs: the sum, y, and mean and population variance of each of the sum's channels. */
export const addBatchNormOp = batchNormForwardOp("addBatchNorm", "add_batch_norm", true);

/**
 * `sum` = x + residual and batchNorm(sum): what a residual network with normalisation before its convolutions does between its blocks. In training the
 * sum is written while its moments are gathered. Arguments as batchNorm's. Throws SHAPE also where x and residual differ.
 */
export function addBatchNorm(x: Tensor, residual: Tensor, options: BatchNormOptions): BatchNormResult & { readonly sum: Tensor } {
  return applyBatchNorm(addBatchNormOp, x, residual, options);
}
