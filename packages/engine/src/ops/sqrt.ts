/** Square root. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { div } from "./div.js";
import { mul } from "./mul.js";

export const sqrtOp = elementwise({
  name: "sqrt",
  arity: 1,
  strip: "sqrt",
  reference:
    () =>
    (x = 0) =>
      Math.sqrt(x),
  gradient: ({ outputs: [y], dy }) => [mul(dy, div(0.5, y as Tensor))],
  floatOnly: true,
  flopsPerElement: 5,
  ranges: [[0.1, 4]],
  defaults: {},
});

/** √x; NaN below zero. The gradient at 0 is infinite. */
export function sqrt(x: TensorLike): Tensor {
  return apply(sqrtOp, [x], {});
}
