/** Position of the largest element over axes. */

import { ndReduce } from "../nd.js";
import { normalizeAxes } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { asNumbers } from "./cast.js";
import { type ReduceAttrs, reduction } from "./reduction.js";

export const argmaxOp = reduction({
  name: "argmax",
  kernel: "reduce_argmax",
  result: "i32",
  integers: true,
  needsElements: true,
  reference: (x, { axes, keepDims }) => ndReduce(x, axes, keepDims, firstLargest, "i32"),
  gradient: () => [],
  kink: true,
});

function firstLargest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) {
    const [v, b] = [values[i] as number, values[best] as number];
    if (v > b || (Number.isNaN(v) && !Number.isNaN(b))) best = i;
  }
  return best;
}

/**
 * i32 index of the first largest element along one axis, or in row-major order of several (all when omitted). NaN counts as largest.
 * Throws SHAPE over an empty axis.
 */
export function argmax(x: Tensor, axes?: number | readonly number[], { keepDims = false }: Partial<ReduceAttrs> = {}): Tensor {
  return apply(argmaxOp, [asNumbers(x)], { axes: normalizeAxes(axes, x.rank), keepDims });
}
