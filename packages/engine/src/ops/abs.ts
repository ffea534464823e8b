/** Absolute value. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { mul } from "./mul.js";
import { sign } from "./sign.js";

export const absOp = elementwise({
  name: "abs",
  arity: 1,
  strip: "abs",
  reference:
    () =>
    (x = 0) =>
      Math.abs(x),
  gradient: ({ inputs: [x], dy }) => [mul(dy, sign(x as Tensor))],
  tolerance: "exact",
  kink: true,
  defaults: {},
});

/** |x|; the gradient at 0 is 0. */
export function abs(x: TensorLike): Tensor {
  return apply(absOp, [x], {});
}
