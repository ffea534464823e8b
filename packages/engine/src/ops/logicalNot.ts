/** Logical negation. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";

export const logicalNotOp = elementwise({
  name: "logicalNot",
  arity: 1,
  strip: "logical_not",
  reference:
    () =>
    (x = 0) =>
      Number(x === 0),
  gradient: () => [],
  result: "bool",
  tolerance: "exact",
  defaults: {},
});

/** True where x is 0 (false). */
export function logicalNot(x: TensorLike): Tensor {
  return apply(logicalNotOp, [x], {});
}
