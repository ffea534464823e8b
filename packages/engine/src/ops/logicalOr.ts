/** Logical or. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";

export const logicalOrOp = elementwise({
  name: "logicalOr",
  arity: 2,
  strip: "logical_or",
  reference:
    () =>
    (a = 0, b = 0) =>
      Number(a !== 0 || b !== 0),
  gradient: () => [],
  result: "bool",
  tolerance: "exact",
  defaults: {},
});

/** True where a or b is not 0 (false), broadcast. */
export function logicalOr(a: TensorLike, b: TensorLike): Tensor {
  return apply(logicalOrOp, [a, b], {});
}
