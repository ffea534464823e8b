/** Gradient of rmsNorm by its input, weight in one pass over memory. */

import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { composedBatch, composedGradient } from "./composed.js";
import {
  inferRowNormBackward,
  launchRowNormBackward,
  type RowNormAttrs,
  type RowNormBackwardAttrs,
  rowNormBackwardByOps,
  rowNormBackwardCases,
  rowNormBackwardReference,
} from "./rowNorm.js";

const byOps = rowNormBackwardByOps("rmsNorm");

/** Inputs: x, dy, perhaps what else flows to x, perhaps the weight. Outputs: dx, and with `affine` the gradients of weight and bias. */
export const rmsNormBackwardOp: Op<RowNormBackwardAttrs> = {
  name: "rmsNormBackward",
  tolerance: "reduction",
  infer: (inputs, attrs) => inferRowNormBackward("rmsNormBackward", inputs, attrs),
  gradient: (context) => composedGradient(byOps, context),
  reference: (inputs, attrs) => rowNormBackwardReference("rmsNorm", inputs, attrs),
  flops: ([x]) => 16 * sizeOf((x as Spec).shape),
  cases: () => rowNormBackwardCases(),
  lowering: { kind: "launch", launch: (context, node, attrs) => launchRowNormBackward(context, node, "rms_norm_backward", attrs) },
  bounded: true,
  batch: (inputs, batched, attrs) => composedBatch(byOps, inputs, batched, attrs),
};

/** Gradients of x, of the weight and of the bias, those that the forward op had; `extra` is added to the first. */
export function rmsNormBackward(
  x: Tensor,
  dy: Tensor,
  extra: Tensor | undefined,
  weight: Tensor | undefined,
  { eps, axes, bias }: RowNormAttrs,
): readonly Tensor[] {
  const operands = [x, dy, ...(extra === undefined ? [] : [extra]), ...(weight === undefined ? [] : [weight])];
  const attrs = { eps, axes, weight: weight !== undefined, affine: weight !== undefined || bias, extra: extra !== undefined };
  const [dx, dweight, dbias] = applyAll(rmsNormBackwardOp, operands, attrs) as readonly [Tensor, Tensor, Tensor];
  return [dx, ...(weight === undefined ? [] : [dweight]), ...(bias ? [dbias] : [])];
}
