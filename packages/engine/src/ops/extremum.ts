/** The gradient that max and min share: it goes to the elements that equal the result, in equal parts. */

import type { GradientContext } from "../op.js";
import type { Tensor } from "../tensor.js";
import { cast } from "./cast.js";
import { div } from "./div.js";
import { equal } from "./equal.js";
import { expandReduced, type ReduceAttrs } from "./reduction.js";
import { sum } from "./sum.js";
import { where } from "./where.js";

export function extremumGradient({ inputs, outputs, dy, attrs: { axes, keepDims } }: GradientContext<ReduceAttrs>): Tensor[] {
  const [x, y] = [inputs[0] as Tensor, outputs[0] as Tensor];
  const chosen = equal(x, expandReduced(y, x, axes));
  const share = div(dy, sum(cast(chosen, x.dtype), axes, { keepDims }));
  return [where(chosen, expandReduced(share, x, axes), 0)];
}
