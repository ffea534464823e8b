/** Groups of channels of each sample to mean 0 and variance 1, fused with weight and bias by channel; with a group per channel it is instanceNorm. */

import type { Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { checkGroups } from "./channelGroups.js";
import { affineByChannel, checkChannels } from "./channelNorm.js";
import { groupNormForwardOp } from "./groupNormForward.js";
import { layerNorm } from "./layerNorm.js";
import { reshape } from "./reshape.js";

export const groupNormOp = groupNormForwardOp("groupNorm", "group_norm", false);

export interface GroupNormOptions {
  readonly weight?: Tensor;
  readonly bias?: Tensor;
  readonly eps?: number;
}

/**
 * (x − mean) / √(variance + eps) · weight + bias, mean and population variance over each of `groups` groups of neighbouring channels in each sample, as
 * torch.nn.functional.group_norm.
 * @param x (N, C, …); weight and bias (C)
 * Throws SHAPE where they do not fit, ARGUMENT unless `groups` divides C. Source: Wu, He 2018 (arXiv:1803.08494).
 */
export function groupNorm(x: Tensor, groups: number, { weight, bias, eps = 1e-5 }: GroupNormOptions = {}): Tensor {
  // Channels of one element are rows of layerNorm, whose kernel works on vectors of them.
  if (x.rank === 2 && x.size > 0) {
    checkChannels("groupNorm", x, [
      ["weight", weight],
      ["bias", bias],
    ]);
    checkGroups("groupNorm", x, groups);
    const [n, c] = x.shape as readonly [number, number];
    return affineByChannel(reshape(layerNorm(reshape(x, [n, groups, c / groups]), { eps }), x.shape), weight, bias);
  }
  const operands = [x, ...(weight === undefined ? [] : [weight]), ...(bias === undefined ? [] : [bias])];
  return apply(groupNormOp, operands, { groups, eps, weight: weight !== undefined, bias: bias !== undefined, residual: false });
}

/** groupNorm with a group per channel, as torch.nn.functional.instance_norm without running statistics. Source: Ulyanov et al. 2016 (arXiv:1607.08022). */
export function instanceNorm(x: Tensor, options: GroupNormOptions = {}): Tensor {
  return groupNorm(x, x.shape[1] ?? 1, options);
}
