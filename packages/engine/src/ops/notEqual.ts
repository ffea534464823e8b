/** Comparison: a ≠ b. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";

export const notEqualOp = elementwise({
  name: "notEqual",
  arity: 2,
  strip: "ne",
  reference:
    () =>
    (a = 0, b = 0) =>
      Number(a !== b),
  gradient: () => [],
  result: "bool",
  tolerance: "exact",
  defaults: {},
});

/** True where a ≠ b, broadcast. NaN differs from everything. */
export function notEqual(a: TensorLike, b: TensorLike): Tensor {
  return apply(notEqualOp, [a, b], {});
}
