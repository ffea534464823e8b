/** Gradient of layerNorm by its input, weight and bias. */

import type { Tensor } from "../tensor.js";
import type { RowNormAttrs } from "./rowNorm.js";
import { applyRowNormBackward, rowNormBackwardOp } from "./rowNormBackward.js";

export const layerNormBackwardOp = rowNormBackwardOp("layerNorm", "layer_norm_backward");

/** As applyRowNormBackward. */
export function layerNormBackward(
  x: Tensor,
  dy: Tensor,
  extra: Tensor | undefined,
  weight: Tensor | undefined,
  attrs: RowNormAttrs,
): readonly Tensor[] {
  return applyRowNormBackward(layerNormBackwardOp, x, dy, extra, weight, attrs);
}
