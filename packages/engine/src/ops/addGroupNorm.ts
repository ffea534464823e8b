/** A residual added, and the sum normalised by groups of channels; both are results. */

import type { Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { addLayerNorm } from "./addLayerNorm.js";
import { checkGroups } from "./channelGroups.js";
import { affineByChannel, checkChannels } from "./channelNorm.js";
import type { GroupNormOptions } from "./groupNorm.js";
import { groupNormForwardOp } from "./groupNormForward.js";
import { reshape } from "./reshape.js";
import { checkResidual } from "./rowNorm.js";

export const addGroupNormOp = groupNormForwardOp("addGroupNorm", "add_group_norm", true);

/**
 * `sum` = x + residual and `y` = groupNorm(sum, groups); the sum is written while its moments are gathered. Arguments as groupNorm's.
 * Throws SHAPE also where x and residual differ.
 */
export function addGroupNorm(
  x: Tensor,
  residual: Tensor,
  groups: number,
  { weight, bias, eps = 1e-5 }: GroupNormOptions = {},
): { readonly sum: Tensor; readonly y: Tensor } {
  // As in groupNorm: channels of one element are rows.
  if (x.rank === 2 && x.size > 0) {
    checkChannels("addGroupNorm", x, [
      ["weight", weight],
      ["bias", bias],
    ]);
    checkResidual("addGroupNorm", x, residual);
    checkGroups("addGroupNorm", x, groups);
    const [n, c] = x.shape as readonly [number, number];
    const rows = (tensor: Tensor) => reshape(tensor, [n, groups, c / groups]);
    const { sum, y } = addLayerNorm(rows(x), rows(residual), { eps });
    return { sum: reshape(sum, x.shape), y: affineByChannel(reshape(y, x.shape), weight, bias) };
  }
  const operands = [x, residual, ...(weight === undefined ? [] : [weight]), ...(bias === undefined ? [] : [bias])];
  const attrs = { groups, eps, weight: weight !== undefined, bias: bias !== undefined, residual: true };
  const [sum, y] = applyAll(addGroupNormOp, operands, attrs) as readonly [Tensor, Tensor];
  return { sum, y };
}
