/** Logarithm of one plus x, accurate near 0. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { add } from "./add.js";
import { div } from "./div.js";

export const log1pOp = elementwise({
  name: "log1p",
  arity: 1,
  strip: "log1p",
  reference:
    () =>
    (x = 0) =>
      Math.log1p(x),
  gradient: ({ inputs: [x], dy }) => [div(dy, add(x as Tensor, 1))],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 22,
  ranges: [[-0.9, 4]],
  defaults: {},
});

/** ln(1 + x) without cancellation for small x; NaN below −1. */
export function log1p(x: TensorLike): Tensor {
  return apply(log1pOp, [x], {});
}
