/** Hyperbolic tangent. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { mul } from "./mul.js";
import { square } from "./square.js";
import { sub } from "./sub.js";

export const tanhOp = elementwise({
  name: "tanh",
  arity: 1,
  strip: "tanh",
  reference:
    () =>
    (x = 0) =>
      Math.tanh(x),
  gradient: ({ outputs: [y], dy }) => [mul(dy, sub(1, square(y as Tensor)))],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 25,
  defaults: {},
});

/** tanh x. */
export function tanh(x: TensorLike): Tensor {
  return apply(tanhOp, [x], {});
}
