/** Inverse hyperbolic tangent. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { add } from "./add.js";
import { div } from "./div.js";
import { mul } from "./mul.js";
import { sub } from "./sub.js";

export const atanhOp = elementwise({
  name: "atanh",
  arity: 1,
  strip: "atanh",
  reference:
    () =>
    (x = 0) =>
      Math.atanh(x),
  gradient: ({ inputs: [x], dy }) => [div(dy, mul(sub(1, x as Tensor), add(x as Tensor, 1)))],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 30,
  ranges: [[-0.9, 0.9]],
  defaults: {},
});

/** atanh x; infinite at ±1, NaN outside. */
export function atanh(x: TensorLike): Tensor {
  return apply(atanhOp, [x], {});
}
