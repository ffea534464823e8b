/** Rounding down. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";

export const floorOp = elementwise({
  name: "floor",
  arity: 1,
  strip: "floor",
  reference:
    () =>
    (x = 0) =>
      Math.floor(x),
  gradient: () => [],
  tolerance: "exact",
  kink: true,
  defaults: {},
});

/** The largest whole number not above x. The gradient is 0. */
export function floor(x: TensorLike): Tensor {
  return apply(floorOp, [x], {});
}
