/** Gradient of rmsNorm by its input and weight. */

import type { Tensor } from "../tensor.js";
import type { RowNormAttrs } from "./rowNorm.js";
import { applyRowNormBackward, rowNormBackwardOp } from "./rowNormBackward.js";

export const rmsNormBackwardOp = rowNormBackwardOp("rmsNorm", "rms_norm_backward");

/** As applyRowNormBackward. */
export function rmsNormBackward(
  x: Tensor,
  dy: Tensor,
  extra: Tensor | undefined,
  weight: Tensor | undefined,
  attrs: RowNormAttrs,
): readonly Tensor[] {
  return applyRowNormBackward(rmsNormBackwardOp, x, dy, extra, weight, attrs);
}
