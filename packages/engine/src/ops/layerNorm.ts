/** Rows to mean 0 and variance 1, fused with the affine map that follows. */

import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply, applyAll } from "../trace.js";
import { composedBatch } from "./composed.js";

import { layerNormBackward } from "./layerNormBackward.js";
import { inferRowNorm, launchRowNorm, type RowNormAttrs, rowNormByOps, rowNormCases, rowNormReference, splitInputs } from "./rowNorm.js";

export const layerNormOp: Op<RowNormAttrs> = {
  name: "layerNorm",
  tolerance: "reduction",
  infer: (inputs, attrs) => inferRowNorm("layerNorm", inputs, attrs),
  gradient({ inputs, dy, attrs }) {
    const { x, weight } = splitInputs(inputs, attrs);
    return [...layerNormBackward(x, dy, undefined, weight, attrs)];
  },
  reference: (inputs, attrs) => rowNormReference("layerNorm", inputs, attrs),
  flops: ([x]) => 8 * sizeOf((x as Spec).shape),
  cases: () => rowNormCases(false, true),
  lowering: { kind: "launch", launch: (context, node, attrs) => launchRowNorm(context, node, "layer_norm", attrs) },
  bounded: true,
  batch(inputs, batched, attrs) {
    // More rows of the same kernel, unless weights differ from row to row.
    return batched.every((flag, i) => flag === i < 1)
      ? applyAll(layerNormOp, inputs, attrs)
      : composedBatch(rowNormByOps("layerNorm"), inputs, batched, attrs);
  },
};

export interface LayerNormOptions {
  /** Factor of each normalised element, of the normalised axes' shape; none unless told. */
  readonly weight?: Tensor;
  /** Summand of each normalised element. */
  readonly bias?: Tensor;
  readonly eps?: number;
  /** How many trailing axes are normalised together. */
  readonly axes?: number;
}

/**
 * (x − mean) / √(variance + eps) · weight + bias over the last `axes` axes, as torch.nn.functional.layer_norm (population variance).
 * @param x (…, C) with weight and bias (C); with `axes` 2, (…, H, C) with weight and bias (H, C)
 * Throws SHAPE where weight or bias have another shape or type, UNSUPPORTED over a bounded axis. Source: Ba, Kiros, Hinton 2016 (arXiv:1607.06450).
 */
export function layerNorm(x: Tensor, { weight, bias, eps = 1e-5, axes = 1 }: LayerNormOptions = {}): Tensor {
  const operands = [x, ...(weight === undefined ? [] : [weight]), ...(bias === undefined ? [] : [bias])];
  return apply(layerNormOp, operands, { eps, axes, weight: weight !== undefined, bias: bias !== undefined, residual: false });
}
