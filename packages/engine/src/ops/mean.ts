/** Arithmetic mean over axes, accumulated in float64. */

import { type FloatDType, isFloat } from "../dtype.js";
import { ndReduce } from "../nd.js";
import { normalizeAxes } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { cast } from "./cast.js";
import { countOver } from "./count.js";
import { div } from "./div.js";
import { expandReduced, type ReduceAttrs, reduction } from "./reduction.js";

export const meanOp = reduction({
  name: "mean",
  kernel: "reduce_mean",
  reference: (x, { axes, keepDims }) => ndReduce(x, axes, keepDims, (values) => values.reduce((total, v) => total + v, 0) / values.length),
  gradient({ inputs: [input], dy, attrs: { axes } }) {
    const x = input as Tensor;
    return [expandReduced(div(dy, countOver(x, axes, x.dtype as FloatDType)), x, axes)];
  },
});

/** Mean over `axes` (all when omitted); NaN over no elements. Integers become f32. */
export function mean(x: Tensor, axes?: number | readonly number[], { keepDims = false }: Partial<ReduceAttrs> = {}): Tensor {
  const values = isFloat(x.dtype) ? x : cast(x, "f32");
  const list = normalizeAxes(axes, x.rank);
  return list.length === 0 ? values : apply(meanOp, [values], { axes: list, keepDims });
}
