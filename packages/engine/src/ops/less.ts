/** Comparison: a < b. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";

export const lessOp = elementwise({
  name: "less",
  arity: 2,
  strip: "lt",
  reference:
    () =>
    (a = 0, b = 0) =>
      Number(a < b),
  gradient: () => [],
  result: "bool",
  tolerance: "exact",
  defaults: {},
});

/** True where a < b, broadcast. Never true of NaN. */
export function less(a: TensorLike, b: TensorLike): Tensor {
  return apply(lessOp, [a, b], {});
}
