/** Rounding up. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";

export const ceilOp = elementwise({
  name: "ceil",
  arity: 1,
  strip: "ceil",
  reference:
    () =>
    (x = 0) =>
      Math.ceil(x),
  gradient: () => [],
  tolerance: "exact",
  kink: true,
  defaults: {},
});

/** The smallest whole number not below x. The gradient is 0. */
export function ceil(x: TensorLike): Tensor {
  return apply(ceilOp, [x], {});
}
