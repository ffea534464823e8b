/** Comparison: a = b. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";

export const equalOp = elementwise({
  name: "equal",
  arity: 2,
  strip: "eq",
  reference:
    () =>
    (a = 0, b = 0) =>
      Number(a === b),
  gradient: () => [],
  result: "bool",
  tolerance: "exact",
  defaults: {},
});

/** True where a = b, broadcast. Never true of NaN. */
export function equal(a: TensorLike, b: TensorLike): Tensor {
  return apply(equalOp, [a, b], {});
}
