/** Product of two broadcast tensors. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";

export const mulOp = elementwise({
  name: "mul",
  arity: 2,
  strip: "mul",
  reference:
    () =>
    (a = 0, b = 0) =>
      a * b,
  gradient: ({ inputs: [a, b], dy }) => [mul(dy, b as Tensor), mul(dy, a as Tensor)],
  arithmetic: true,
  defaults: {},
});

/** a · b element by element, broadcast. */
export function mul(a: TensorLike, b: TensorLike): Tensor {
  return apply(mulOp, [a, b], {});
}
