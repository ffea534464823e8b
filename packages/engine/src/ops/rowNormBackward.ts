/** Gradient of layerNorm or rmsNorm by its input, weight and bias in one pass over memory: op and function of either. */

import type { BaseKernel } from "@tetrad/kernels-wasm";
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
  type RowNormKind,
  rowNormBackwardByOps,
  rowNormBackwardCases,
  rowNormBackwardReference,
} from "./rowNorm.js";

/** Inputs: x, dy, perhaps what else flows to x, perhaps the weight. Outputs: dx, and with `affine` the gradients of weight and bias. */
export function rowNormBackwardOp(kind: RowNormKind, kernel: BaseKernel): Op<RowNormBackwardAttrs> {
  const name = `${kind}Backward`;
  const byOps = rowNormBackwardByOps(kind);
  return {
    name,
    tolerance: "reduction",
    infer: (inputs, attrs) => inferRowNormBackward(name, inputs, attrs),
    gradient: (context) => composedGradient(byOps, context),
    reference: (inputs, attrs) => rowNormBackwardReference(kind, inputs, attrs),
    flops: ([x]) => 16 * sizeOf((x as Spec).shape),
    cases: () => rowNormBackwardCases(),
    lowering: { kind: "launch", launch: (context, node, attrs) => launchRowNormBackward(context, node, kernel, attrs) },
    bounded: true,
    batch: (inputs, batched, attrs) => composedBatch(byOps, inputs, batched, attrs),
  };
}

/** Gradients of x, of the weight and of the bias, those that the forward op had; `extra` is added to the first. */
export function applyRowNormBackward(
  op: Op<RowNormBackwardAttrs>,
  x: Tensor,
  dy: Tensor,
  extra: Tensor | undefined,
  weight: Tensor | undefined,
  { eps, axes, bias }: RowNormAttrs,
): readonly Tensor[] {
  const operands = [x, dy, ...(extra === undefined ? [] : [extra]), ...(weight === undefined ? [] : [weight])];
  const attrs = { eps, axes, weight: weight !== undefined, affine: weight !== undefined || bias, extra: extra !== undefined };
  const [dx, dweight, dbias] = applyAll(op, operands, attrs) as readonly [Tensor, Tensor, Tensor];
  return [dx, ...(weight === undefined ? [] : [dweight]), ...(bias ? [dbias] : [])];
}
