/** Gradient of cross-entropy by the logits, dy (Σq softmax(x) − q), fused over a row. */

import type { FloatDType } from "../dtype.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { broadcastLike } from "./broadcastTo.js";
import { type CrossEntropyAttrs, checkOperands, crossEntropyCases, crossEntropyOperands, sumRow, targetRow } from "./crossEntropyRows.js";
import { expandDims } from "./expandDims.js";
import { full } from "./full.js";
import { specOf } from "./identity.js";
import { mul } from "./mul.js";
import { neg } from "./neg.js";
import { batchAll, forEachRow } from "./rows.js";
import { softmax, softmaxBackward } from "./softmax.js";
import { sum } from "./sum.js";

/** Inputs: logits, target, mass Σq of each row, dy of each row, and class weights if there are any. */
export const crossEntropyBackwardOp: Op<CrossEntropyAttrs> = {
  name: "crossEntropyBackward",
  tolerance: "transcendental",
  infer([x, target, , , weight]) {
    checkOperands(x as Spec, target as Spec, weight);
    return [specOf(x as Spec)];
  },
  gradient({ inputs, dy: g, attrs }) {
    const [x, target, mass, dy, weight] = inputs as readonly [Tensor, Tensor, Tensor, Tensor, Tensor | undefined];
    const p = softmax(x);
    const scaled = mul(g, expandDims(dy, -1));
    const unit = crossEntropyBackward(x, target, mass, broadcastLike(full([], 1, dy.dtype), dy), weight, attrs);
    const dq = neg(mul(scaled, weight === undefined ? 1 - attrs.smoothing : mul(weight, 1 - attrs.smoothing)));
    return [
      softmaxBackward(p, mul(scaled, expandDims(mass, -1))),
      target.dtype === "i32" ? undefined : dq,
      sum(mul(scaled, p), -1),
      sum(mul(g, unit), -1),
    ];
  },
  reference([logits, target, masses, dys, weight], attrs) {
    const [x, mass, dy] = [logits as NdArray, masses as NdArray, dys as NdArray];
    const dx = ndZeros(x.shape, x.dtype);
    forEachRow(x, (row, at, r) => {
      const q = targetRow(target as NdArray, weight, attrs, r, row.length);
      // An ignored row has no target and no mass.
      if (q === undefined && mass.data[r] === 0) return;
      const largest = row.reduce((best, v) => Math.max(best, v), -Infinity);
      const total = sumRow(row, (v) => Math.exp(v - largest));
      row.forEach((v, c) => {
        dx.data[at + c] = (dy.data[r] as number) * (((mass.data[r] as number) * Math.exp(v - largest)) / total - (q?.[c] ?? 0));
      });
    });
    return [dx];
  },
  flops: ([x]) => 26 * sizeOf((x as Spec).shape),
  cases: () => crossEntropyCases(2),
  lowering: {
    kind: "launch",
    launch(context, node, attrs) {
      const [x, target, mass, dy, weight] = node.inputs as readonly [Tensor, Tensor, Tensor, Tensor, Tensor | undefined];
      const operands = crossEntropyOperands(context, [x, target, mass, dy], weight, attrs);
      context.emit({
        kernel: "cross_entropy_backward",
        dtype: x.dtype as FloatDType,
        outputs: node.outputs,
        ...operands,
        flops: 26 * x.size,
      });
    },
  },
  bounded: true,
  batch([x, target, mass, dy, weight], [inX, inTarget, inMass, inDy], attrs) {
    const rows = batchAll(
      [x, target, mass, dy] as Tensor[],
      [inX, inTarget, inMass, inDy].map((batched) => batched === true),
    );
    return [apply(crossEntropyBackwardOp, weight === undefined ? rows : [...rows, weight], attrs)];
  },
};

export function crossEntropyBackward(
  x: Tensor,
  target: Tensor,
  mass: Tensor,
  dy: Tensor,
  weight: Tensor | undefined,
  attrs: CrossEntropyAttrs,
): Tensor {
  return apply(crossEntropyBackwardOp, [x, target, mass, dy, ...(weight === undefined ? [] : [weight])], attrs);
}
