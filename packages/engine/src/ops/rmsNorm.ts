/** Rows to a root mean square of 1, fused with the scaling that follows. */

import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply, applyAll } from "../trace.js";
import { composedBatch } from "./composed.js";

import { rmsNormBackward } from "./rmsNormBackward.js";
import { inferRowNorm, launchRowNorm, type RowNormAttrs, rowNormByOps, rowNormCases, rowNormReference, splitInputs } from "./rowNorm.js";

export const rmsNormOp: Op<RowNormAttrs> = {
  name: "rmsNorm",
  tolerance: "reduction",
  infer: (inputs, attrs) => inferRowNorm("rmsNorm", inputs, attrs),
  gradient({ inputs, dy, attrs }) {
    const { x, weight } = splitInputs(inputs, attrs);
    return [...rmsNormBackward(x, dy, undefined, weight, attrs)];
  },
  reference: (inputs, attrs) => rowNormReference("rmsNorm", inputs, attrs),
  flops: ([x]) => 8 * sizeOf((x as Spec).shape),
  cases: () => rowNormCases(false, false),
  lowering: { kind: "launch", launch: (context, node, attrs) => launchRowNorm(context, node, "rms_norm", attrs) },
  bounded: true,
  batch(inputs, batched, attrs) {
    // More rows of the same kernel, unless weights differ from row to row.
    return batched.every((flag, i) => flag === i < 1)
      ? applyAll(rmsNormOp, inputs, attrs)
      : composedBatch(rowNormByOps("rmsNorm"), inputs, batched, attrs);
  },
};

export interface RmsNormOptions {
  /** Factor of each element, of the normalised axes' shape; none unless told. */
  readonly weight?: Tensor;
  /** The type's epsilon unless told, as in PyTorch. */
  readonly eps?: number;
  /** How many trailing axes are normalised together. */
  readonly axes?: number;
}

/**
 * x / √(mean of squares + eps) · weight over the last `axes` axes, as torch.nn.functional.rms_norm.
 * @param x (…, C) with weight (C)
 * Throws SHAPE where the weight has another shape or type, UNSUPPORTED over a bounded axis. Source: Zhang, Sennrich 2019 (arXiv:1910.07467).
 */
export function rmsNorm(x: Tensor, { weight, eps = defaultEps(x), axes = 1 }: RmsNormOptions = {}): Tensor {
  const operands = [x, ...(weight === undefined ? [] : [weight])];
  return apply(rmsNormOp, operands, { eps, axes, weight: weight !== undefined, bias: false, residual: false });
}

export function defaultEps({ dtype }: Spec): number {
  return dtype === "f64" ? 2 ** -52 : 2 ** -23;
}
