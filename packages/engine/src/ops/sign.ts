/** Sign. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";

export const signOp = elementwise({
  name: "sign",
  arity: 1,
  strip: "sign",
  reference:
    () =>
    (x = 0) =>
      Math.sign(x),
  gradient: () => [],
  tolerance: "exact",
  kink: true,
  defaults: {},
});

/** −1, 0 or 1; NaN stays NaN. The gradient is 0 everywhere. */
export function sign(x: TensorLike): Tensor {
  return apply(signOp, [x], {});
}
