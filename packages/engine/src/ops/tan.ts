/** Tangent. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { add } from "./add.js";
import { mul } from "./mul.js";
import { square } from "./square.js";

export const tanOp = elementwise({
  name: "tan",
  arity: 1,
  strip: "tan",
  reference:
    () =>
    (x = 0) =>
      Math.tan(x),
  gradient: ({ outputs: [y], dy }) => [mul(dy, add(square(y as Tensor), 1))],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 30,
  ranges: [[-1.4, 1.4]],
  defaults: {},
});

/** tan x, x in radians. */
export function tan(x: TensorLike): Tensor {
  return apply(tanOp, [x], {});
}
