/** Difference of two broadcast tensors. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { neg } from "./neg.js";

export const subOp = elementwise({
  name: "sub",
  arity: 2,
  strip: "sub",
  reference:
    () =>
    (a = 0, b = 0) =>
      a - b,
  gradient: ({ dy }) => [dy, neg(dy)],
  arithmetic: true,
  defaults: {},
});

/** a − b, broadcast. */
export function sub(a: TensorLike, b: TensorLike): Tensor {
  return apply(subOp, [a, b], {});
}
