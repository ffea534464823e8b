/** A residual added, and the sum layer-normalised; both are results. */

import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { composedBatch } from "./composed.js";
import type { LayerNormOptions } from "./layerNorm.js";
import { layerNormBackward } from "./layerNormBackward.js";
import { inferRowNorm, launchRowNorm, type RowNormAttrs, rowNormByOps, rowNormCases, rowNormReference, splitInputs } from "./rowNorm.js";

export const addLayerNormOp: Op<RowNormAttrs> = {
  name: "addLayerNorm",
  tolerance: "reduction",
  infer: (inputs, attrs) => inferRowNorm("addLayerNorm", inputs, attrs),
  gradient({ inputs, outputs: [total], dys: [dsum, dy], attrs }) {
    const { weight } = splitInputs(inputs, attrs);
    if (dy === undefined) return [dsum, dsum];
    const [dx, ...parameters] = layerNormBackward(total as Tensor, dy, dsum, weight, attrs);
    return [dx, dx, ...parameters];
  },
  reference: (inputs, attrs) => rowNormReference("layerNorm", inputs, attrs),
  flops: ([x]) => 8 * sizeOf((x as Spec).shape),
  cases: () => rowNormCases(true, true),
  lowering: { kind: "launch", launch: (context, node, attrs) => launchRowNorm(context, node, "add_layer_norm", attrs) },
  bounded: true,
  batch(inputs, batched, attrs) {
    // More rows of the same kernel, unless weights differ from row to row.
    return batched.every((flag, i) => flag === i < 2)
      ? applyAll(addLayerNormOp, inputs, attrs)
      : composedBatch(rowNormByOps("layerNorm"), inputs, batched, attrs);
  },
};

/**
 * `sum` = x + residual and `y` = layerNorm(sum), in one pass over memory: what a transformer block does between its parts. Arguments as layerNorm's.
 * Throws SHAPE also where x and residual differ.
 */
export function addLayerNorm(
  x: Tensor,
  residual: Tensor,
  { weight, bias, eps = 1e-5, axes = 1 }: LayerNormOptions = {},
): { readonly sum: Tensor; readonly y: Tensor } {
  const operands = [x, residual, ...(weight === undefined ? [] : [weight]), ...(bias === undefined ? [] : [bias])];
  const attrs = { eps, axes, weight: weight !== undefined, bias: bias !== undefined, residual: true };
  const [sum, y] = applyAll(addLayerNormOp, operands, attrs) as readonly [Tensor, Tensor];
  return { sum, y };
}
