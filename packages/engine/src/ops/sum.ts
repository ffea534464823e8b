/** Sum over axes, accumulated in float64; integers wrap around. */

import { ndAdd, ndReduce } from "../nd.js";
import { normalizeAxes } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { asNumbers } from "./cast.js";
import { expandReduced, type ReduceAttrs, reduction } from "./reduction.js";

export const sumOp = reduction({
  name: "sum",
  kernel: "reduce_sum",
  integers: true,
  reference: (x, { axes, keepDims }) => {
    const add = ndAdd(x.dtype);
    return ndReduce(x, axes, keepDims, (values) => values.reduce((total, v) => add(total, v), 0));
  },
  gradient: ({ inputs: [x], dy, attrs }) => [expandReduced(dy, x as Tensor, attrs.axes)],
});

/** Sum over `axes` (all when omitted). Integers stay i32 and wrap around beyond it; true counts one. */
export function sum(x: Tensor, axes?: number | readonly number[], { keepDims = false }: Partial<ReduceAttrs> = {}): Tensor {
  const list = normalizeAxes(axes, x.rank);
  return list.length === 0 ? x : apply(sumOp, [asNumbers(x)], { axes: list, keepDims });
}
