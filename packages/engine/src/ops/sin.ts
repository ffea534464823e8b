/** Sine. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { cos } from "./cos.js";
import { mul } from "./mul.js";

export const sinOp = elementwise({
  name: "sin",
  arity: 1,
  strip: "sin",
  reference:
    () =>
    (x = 0) =>
      Math.sin(x),
  gradient: ({ inputs: [x], dy }) => [mul(dy, cos(x as Tensor))],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 20,
  defaults: {},
});

/** sin x, x in radians. */
export function sin(x: TensorLike): Tensor {
  return apply(sinOp, [x], {});
}
