/** Heaviside step, the derivative of relu. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";

export const stepOp = elementwise({
  name: "step",
  arity: 1,
  strip: "step",
  reference:
    () =>
    (x = 0) =>
      x > 0 ? 1 : 0,
  gradient: () => [],
  floatOnly: true,
  tolerance: "exact",
  kink: true,
  defaults: {},
});

/** 1 where x > 0, else 0. The gradient is 0. */
export function step(x: TensorLike): Tensor {
  return apply(stepOp, [x], {});
}
