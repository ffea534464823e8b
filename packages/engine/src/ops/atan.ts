/** Inverse tangent. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { add } from "./add.js";
import { div } from "./div.js";
import { square } from "./square.js";

export const atanOp = elementwise({
  name: "atan",
  arity: 1,
  strip: "atan",
  reference:
    () =>
    (x = 0) =>
      Math.atan(x),
  gradient: ({ inputs: [x], dy }) => [div(dy, add(square(x as Tensor), 1))],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 25,
  defaults: {},
});

/** atan x in radians, −π/2 … π/2. */
export function atan(x: TensorLike): Tensor {
  return apply(atanOp, [x], {});
}
