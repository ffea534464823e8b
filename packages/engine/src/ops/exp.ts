/** Exponential. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { mul } from "./mul.js";

export const expOp = elementwise({
  name: "exp",
  arity: 1,
  strip: "exp",
  reference:
    () =>
    (x = 0) =>
      Math.exp(x),
  gradient: ({ outputs: [y], dy }) => [mul(dy, y as Tensor)],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 20,
  defaults: {},
});

/** eˣ. */
export function exp(x: TensorLike): Tensor {
  return apply(expOp, [x], {});
}
