/** Natural logarithm. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { div } from "./div.js";

export const logOp = elementwise({
  name: "log",
  arity: 1,
  strip: "log",
  reference:
    () =>
    (x = 0) =>
      Math.log(x),
  gradient: ({ inputs: [x], dy }) => [div(dy, x as Tensor)],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 20,
  ranges: [[0.1, 4]],
  defaults: {},
});

/** ln x; −Inf at 0, NaN below. */
export function log(x: TensorLike): Tensor {
  return apply(logOp, [x], {});
}
