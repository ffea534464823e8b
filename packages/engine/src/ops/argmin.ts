/** Position of the smallest element over axes. */

import { ndReduce } from "../nd.js";
import { normalizeAxes } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { asNumbers } from "./cast.js";
import { type ReduceAttrs, reduction } from "./reduction.js";

export const argminOp = reduction({
  name: "argmin",
  kernel: "reduce_argmin",
  result: "i32",
  integers: true,
  needsElements: true,
  reference: (x, { axes, keepDims }) => ndReduce(x, axes, keepDims, firstSmallest, "i32"),
  gradient: () => [],
  kink: true,
});

function firstSmallest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) {
    const [v, b] = [values[i] as number, values[best] as number];
    if (v < b || (Number.isNaN(v) && !Number.isNaN(b))) best = i;
  }
  return best;
}

/**
 * i32 index of the first smallest element along one axis, or in row-major order of several (all when omitted). NaN counts as smallest.
 * Throws SHAPE over an empty axis.
 */
export function argmin(x: Tensor, axes?: number | readonly number[], { keepDims = false }: Partial<ReduceAttrs> = {}): Tensor {
  return apply(argminOp, [asNumbers(x)], { axes: normalizeAxes(axes, x.rank), keepDims });
}
