/** The smallest element over axes. */

import { ndReduce } from "../nd.js";
import { normalizeAxes } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { asNumbers } from "./cast.js";
import { extremumGradient } from "./extremum.js";
import { type ReduceAttrs, reduction } from "./reduction.js";

export const minOp = reduction({
  name: "min",
  kernel: "reduce_min",
  integers: true,
  needsElements: true,
  reference: (x, { axes, keepDims }) => ndReduce(x, axes, keepDims, (values) => values.reduce((best, v) => Math.min(best, v), Infinity)),
  gradient: extremumGradient,
});

/** The smallest element over `axes` (all when omitted); NaN where there is one. Ties share the gradient equally. Throws SHAPE over an empty axis. */
export function min(x: Tensor, axes?: number | readonly number[], { keepDims = false }: Partial<ReduceAttrs> = {}): Tensor {
  const list = normalizeAxes(axes, x.rank);
  return list.length === 0 ? x : apply(minOp, [asNumbers(x)], { axes: list, keepDims });
}
