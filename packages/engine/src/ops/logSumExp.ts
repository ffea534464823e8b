/** Logarithm of a sum of exponentials. */

import { type NdArray, ndReduce } from "../nd.js";
import { normalizeAxes } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { equal } from "./equal.js";
import { exp } from "./exp.js";
import { mul } from "./mul.js";
import { expandReduced, launchReduction, type ReduceAttrs, reduction } from "./reduction.js";
import { sub } from "./sub.js";
import { where } from "./where.js";

export const logSumExpOp = reduction({
  name: "logSumExp",
  kernel: "reduce_logsumexp",
  needsElements: true,
  flopsPerElement: 22,
  reference: (x, { axes, keepDims }) => logSumExpReference(x, axes, keepDims),
  gradient({ inputs: [input], outputs: [output], dy, attrs: { axes } }) {
    const [x, y] = [input as Tensor, output as Tensor];
    // A row of −Inf only has the result −Inf, and weights 0 rather than e^(−Inf + Inf). Where +Inf is, weights are NaN, and 0 beside it, as PyTorch has them.
    const shift = where(equal(y, -Infinity), 0, y);
    return [mul(expandReduced(dy, x, axes), exp(sub(x, expandReduced(shift, x, axes))))];
  },
  launch(context, node, { axes }) {
    const y = node.outputs[0] as Tensor;
    const largest = context.temp(y);
    launchReduction(context, node, "reduce_max", axes, largest);
    launchReduction(context, node, "reduce_logsumexp", axes, y, [context.operand(largest)]);
  },
});

function logSumExpReference(x: NdArray, axes: readonly number[], keepDims: boolean): NdArray {
  return ndReduce(x, axes, keepDims, (values) => {
    const largest = values.reduce((best, v) => Math.max(best, v), -Infinity);
    const shift = Number.isFinite(largest) ? largest : 0;
    return shift + Math.log(values.reduce((total, v) => total + Math.exp(v - shift), 0));
  });
}

/** ln Σ eˣ over `axes` (all when omitted), without overflow; −Inf where all of x is. Throws SHAPE over an empty axis. */
export function logSumExp(x: Tensor, axes?: number | readonly number[], { keepDims = false }: Partial<ReduceAttrs> = {}): Tensor {
  const list = normalizeAxes(axes, x.rank);
  return list.length === 0 ? x : apply(logSumExpOp, [x], { axes: list, keepDims });
}
