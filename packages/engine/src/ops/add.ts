/** Sum of two broadcast tensors. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";

export const addOp = elementwise({
  name: "add",
  arity: 2,
  strip: "add",
  reference:
    () =>
    (a = 0, b = 0) =>
      a + b,
  gradient: ({ dy }) => [dy, dy],
  arithmetic: true,
  defaults: {},
});

/** a + b, broadcast. */
export function add(a: TensorLike, b: TensorLike): Tensor {
  return apply(addOp, [a, b], {});
}
