/** Sum over axes, accumulated in float64. */

import { ndReduce } from "../nd.js";
import { normalizeAxes } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { expandReduced, type ReduceAttrs, reduceExactly, reduction } from "./reduction.js";

export const sumOp = reduction({
  name: "sum",
  kernel: "reduce_sum",
  reference: (x, { axes, keepDims }) => ndReduce(x, axes, keepDims, (values) => values.reduce((total, v) => total + v, 0)),
  gradient: ({ inputs: [x], dy, attrs }) => [expandReduced(dy, x as Tensor, attrs.axes)],
});

/** Sum over `axes` (all when omitted). Integers stay i32, and true counts one. */
export function sum(x: Tensor, axes?: number | readonly number[], { keepDims = false }: Partial<ReduceAttrs> = {}): Tensor {
  const list = normalizeAxes(axes, x.rank);
  return list.length === 0 ? x : reduceExactly(x, (values) => apply(sumOp, [values], { axes: list, keepDims }));
}
