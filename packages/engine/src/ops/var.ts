/** Variance over axes, in two passes: the mean first, so that a large mean costs no digits. */

import { type FloatDType, isFloat } from "../dtype.js";
import { normalizeAxes } from "../shape.js";
import type { Tensor } from "../tensor.js";
import type { TensorLike } from "../trace.js";
import { cast } from "./cast.js";
import { countOver } from "./count.js";
import { div } from "./div.js";
import { maximum } from "./maximum.js";
import { mean } from "./mean.js";
import type { ReduceAttrs } from "./reduction.js";
import { sqrt } from "./sqrt.js";
import { square } from "./square.js";
import { sub } from "./sub.js";
import { sum } from "./sum.js";

export interface VarianceOptions extends Partial<ReduceAttrs> {
  /** Subtracted from the number of elements: 1 (Bessel) for the unbiased estimate, 0 for the population's own. */
  readonly correction?: number;
}

/** Σ(x − mean)² / max(0, n − correction) over `axes` (all when omitted). Integers become f32. */
export function variance(x: Tensor, axes?: number | readonly number[], { keepDims = false, correction = 1 }: VarianceOptions = {}): Tensor {
  const values = isFloat(x.dtype) ? x : cast(x, "f32");
  const list = normalizeAxes(axes, x.rank);
  const squares = sum(square(sub(values, mean(values, list, { keepDims: true }))), list, { keepDims });
  return div(squares, freedom(countOver(values, list, values.dtype as FloatDType), correction));
}

function freedom(count: TensorLike, correction: number): TensorLike {
  return typeof count === "number" ? Math.max(0, count - correction) : maximum(sub(count, correction), 0);
}

/** Square root of the variance. Its gradient is infinite where the variance is 0. */
export function std(x: Tensor, axes?: number | readonly number[], options: VarianceOptions = {}): Tensor {
  return sqrt(variance(x, axes, options));
}
