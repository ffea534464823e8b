/** A residual added, and the sum divided by its root mean square; both are results. */

import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { composedBatch } from "./composed.js";
import { defaultEps, type RmsNormOptions } from "./rmsNorm.js";
import { rmsNormBackward } from "./rmsNormBackward.js";
import { inferRowNorm, launchRowNorm, type RowNormAttrs, rowNormByOps, rowNormCases, rowNormReference, splitInputs } from "./rowNorm.js";

export const addRmsNormOp: Op<RowNormAttrs> = {
  name: "addRmsNorm",
  tolerance: "reduction",
  infer: (inputs, attrs) => inferRowNorm("addRmsNorm", inputs, attrs),
  gradient({ inputs, outputs: [total], dys: [dsum, dy], attrs }) {
    const { weight } = splitInputs(inputs, attrs);
    if (dy === undefined) return [dsum, dsum];
    const [dx, ...parameters] = rmsNormBackward(total as Tensor, dy, dsum, weight, attrs);
    return [dx, dx, ...parameters];
  },
  reference: (inputs, attrs) => rowNormReference("rmsNorm", inputs, attrs),
  flops: ([x]) => 8 * sizeOf((x as Spec).shape),
  cases: () => rowNormCases(true, false),
  lowering: { kind: "launch", launch: (context, node, attrs) => launchRowNorm(context, node, "add_rms_norm", attrs) },
  bounded: true,
  batch(inputs, batched, attrs) {
    // More rows of the same kernel, unless weights differ from row to row.
    return batched.every((flag, i) => flag === i < 2)
      ? applyAll(addRmsNormOp, inputs, attrs)
      : composedBatch(rowNormByOps("rmsNorm"), inputs, batched, attrs);
  },
};

/**
 * `sum` = x + residual and `y` = rmsNorm(sum), in one pass over memory. Arguments as rmsNorm's.
 * Throws SHAPE also where x and residual differ.
 */
export function addRmsNorm(
  x: Tensor,
  residual: Tensor,
  { weight, eps = defaultEps(x), axes = 1 }: RmsNormOptions = {},
): { readonly sum: Tensor; readonly y: Tensor } {
  const operands = [x, residual, ...(weight === undefined ? [] : [weight])];
  const attrs = { eps, axes, weight: weight !== undefined, bias: false, residual: true };
  const [sum, y] = applyAll(addRmsNormOp, operands, attrs) as readonly [Tensor, Tensor];
  return { sum, y };
}
