/** Each channel of a batch to mean 0 and variance 1, fused with weight and bias; running statistics stand in for those of the batch in evaluation. */

import type { Tensor } from "../tensor.js";
import { applyBatchNorm, batchNormForwardOp } from "./batchNormForward.js";

/** Outputs: y, and mean and population variance of each channel. */
export const batchNormOp = batchNormForwardOp("batchNorm", "batch_norm", false);

export interface BatchNormOptions {
  /** Statistics of the batch, which move the running ones; else the running ones are used and stay. */
  readonly training: boolean;
  readonly weight?: Tensor;
  readonly bias?: Tensor;
  /** (C); needed in evaluation. */
  readonly runningMean?: Tensor;
  readonly runningVar?: Tensor;
  /** Weight of the new value in the running ones. */
  readonly momentum?: number;
  readonly eps?: number;
}

export interface BatchNormResult {
  readonly y: Tensor;
  /** What the running statistics are afterwards; undefined where none were given. */
  readonly runningMean: Tensor | undefined;
  readonly runningVar: Tensor | undefined;
}

/**
 * (x − mean) / √(variance + eps) · weight + bias by channel, as torch.nn.functional.batch_norm: the population variance normalises, the unbiased
 * one moves `runningVar`.
 * @param x (N, C) or (N, C, …); weight, bias and running statistics (C)
 * Throws SHAPE where they do not fit, ARGUMENT in evaluation without running statistics. Source: Ioffe, Szegedy 2015 (arXiv:1502.03167).
 */
export function batchNorm(x: Tensor, options: BatchNormOptions): BatchNormResult {
  const { y, runningMean, runningVar } = applyBatchNorm(batchNormOp, x, undefined, options);
  return { y, runningMean, runningVar };
}
