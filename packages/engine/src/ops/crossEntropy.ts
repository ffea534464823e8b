/** Cross-entropy of logits, fused: softmax, logarithm, choice of the target, smoothing and class weights in one pass over a row. */

import type { FloatDType } from "../dtype.js";
import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { add } from "./add.js";
import { broadcastLike } from "./broadcastTo.js";
import { crossEntropyBackward } from "./crossEntropyBackward.js";
import { type CrossEntropyAttrs, checkOperands, crossEntropyCases, crossEntropyOperands, sumRow, targetRow } from "./crossEntropyRows.js";
import { div } from "./div.js";
import { expandDims } from "./expandDims.js";
import { logSoftmax } from "./logSoftmax.js";
import { type LossOptions, reduceLoss } from "./loss.js";
import { mul } from "./mul.js";
import { neg } from "./neg.js";
import { batchAll, forEachRow } from "./rows.js";
import { stopGradient } from "./stopGradient.js";
import { sum } from "./sum.js";
import { moveAxis } from "./transpose.js";

/** Inputs: logits, target, perhaps class weights. Outputs per row: the loss Σ q (ln Σ eˣ − x), the weight that a mean divides by, and Σ q. */
export const crossEntropyOp: Op<CrossEntropyAttrs> = {
  name: "crossEntropy",
  tolerance: "transcendental",
  infer([logits, target, weight]) {
    const x = logits as Spec;
    checkOperands(x, target as Spec, weight);
    const rows: Spec = { shape: x.shape.slice(0, -1), dtype: x.dtype, ...(x.bound && x.shape.length > 1 && { bound: x.bound }) };
    return [rows, rows, rows];
  },
  gradient({ inputs, outputs, dys: [dy, , dmass], attrs }) {
    const [x, target, weight] = inputs as readonly [Tensor, Tensor, Tensor | undefined];
    const dx = dy && crossEntropyBackward(x, target, outputs[2] as Tensor, dy, weight, attrs);
    if (target.dtype === "i32") return [dx];
    const [byLoss, byMass] = [dy && neg(mul(expandDims(dy, -1), logSoftmax(x))), dmass && broadcastLike(expandDims(dmass, -1), target)];
    const dq = byLoss && byMass ? add(byLoss, byMass) : (byLoss ?? byMass);
    const scale = weight === undefined ? 1 - attrs.smoothing : mul(weight, 1 - attrs.smoothing);
    return [dx, dq && mul(dq, scale)];
  },
  reference([logits, target, weight], attrs, [output]) {
    const [x, t] = [logits as NdArray, target as NdArray];
    const shape = (output as Spec).shape;
    const [loss, divisor, mass] = [ndZeros(shape, x.dtype), ndZeros(shape, x.dtype), ndZeros(shape, x.dtype)];
    forEachRow(x, (row, _, r) => {
      const q = targetRow(t, weight, attrs, r, row.length);
      if (q === undefined) return;
      const largest = row.reduce((best, v) => Math.max(best, v), -Infinity);
      const log = Math.log(sumRow(row, (v) => Math.exp(v - largest)));
      loss.data[r] = sumRow(q, (p, c) => (p === 0 ? 0 : p * (largest - (row[c] as number) + log)));
      divisor.data[r] = t.dtype === "i32" && weight !== undefined ? (weight.data[t.data[r] as number] ?? NaN) : 1;
      mass.data[r] = sumRow(q, (p) => p);
    });
    return [loss, divisor, mass];
  },
  flops: ([x]) => 24 * sizeOf((x as Spec).shape),
  cases: () => crossEntropyCases(0),
  lowering: {
    kind: "launch",
    launch(context, node, attrs) {
      const [x, target, weight] = node.inputs as readonly [Tensor, Tensor, Tensor | undefined];
      context.emit({
        kernel: "cross_entropy",
        dtype: x.dtype as FloatDType,
        outputs: node.outputs,
        ...crossEntropyOperands(context, [x, target], weight, attrs),
        flops: 24 * x.size,
      });
    },
  },
  bounded: true,
  batch([x, target, weight], [inX, inTarget, inWeight], attrs) {
    if (inWeight === true)
      throw new TetradError("UNSUPPORTED", { op: "crossEntropy", what: "class weights cannot differ along a vmap axis" });
    const rows = batchAll([x, target] as Tensor[], [inX === true, inTarget === true]);
    return applyAll(crossEntropyOp, weight === undefined ? rows : [...rows, weight], attrs);
  },
};

export interface CrossEntropyOptions extends LossOptions {
  /** Weight of each class, (C); no gradient flows to it. */
  readonly weight?: Tensor;
  /** Rows with this label count nothing. */
  readonly ignoreIndex?: number;
  /** Share of the target that is spread evenly over all classes, 0 … 1. */
  readonly labelSmoothing?: number;
  /** Axis of the logits that holds the classes; the last unless told. */
  readonly axis?: number;
}

/**
 * −Σ target ln softmax(logits) per row, averaged unless `reduction` says otherwise.
 * @param logits (…, C)
 * @param target i32 labels (…), or probabilities (…, C) of the logits' type. A label outside 0 … C − 1 that is not ignored gives NaN.
 * A mean over labels divides by the sum of their class weights, so ignored rows do not dilute it; a mean over probabilities divides by rows.
 * Throws SHAPE and DTYPE where operands do not fit, ARGUMENT for a smoothing outside 0 … 1. Source of smoothing: Szegedy et al. 2015 (arXiv:1512.00567).
 */
export function crossEntropy(
  logits: Tensor,
  target: Tensor,
  { weight, ignoreIndex = -100, labelSmoothing = 0, axis = -1, reduction = "mean" }: CrossEntropyOptions = {},
): Tensor {
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new TetradError("ARGUMENT", { op: "crossEntropy", what: "labelSmoothing must lie in 0 … 1", got: `${labelSmoothing}` });
  const labels = target.dtype === "i32";
  const operands = [
    moveAxis(logits, axis, -1),
    labels ? target : moveAxis(target, axis, -1),
    ...(weight === undefined ? [] : [stopGradient(weight)]),
  ];
  const [loss, divisor] = applyAll(crossEntropyOp, operands, { ignoreIndex, smoothing: labelSmoothing }) as readonly [Tensor, Tensor];
  return reduction === "mean" && labels ? div(sum(loss), sum(divisor)) : reduceLoss(loss, reduction);
}
