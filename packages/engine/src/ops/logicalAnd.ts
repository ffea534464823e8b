/** Logical and. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";

export const logicalAndOp = elementwise({
  name: "logicalAnd",
  arity: 2,
  strip: "logical_and",
  reference:
    () =>
    (a = 0, b = 0) =>
      Number(a !== 0 && b !== 0),
  gradient: () => [],
  result: "bool",
  tolerance: "exact",
  defaults: {},
});

/** True where neither a nor b is 0 (false), broadcast. */
export function logicalAnd(a: TensorLike, b: TensorLike): Tensor {
  return apply(logicalAndOp, [a, b], {});
}
