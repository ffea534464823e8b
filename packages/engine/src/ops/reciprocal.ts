/** Reciprocal. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { mul } from "./mul.js";
import { neg } from "./neg.js";
import { square } from "./square.js";

export const reciprocalOp = elementwise({
  name: "reciprocal",
  arity: 1,
  strip: "reciprocal",
  reference:
    () =>
    (x = 0) =>
      1 / x,
  gradient: ({ outputs: [y], dy }) => [neg(mul(dy, square(y as Tensor)))],
  floatOnly: true,
  flopsPerElement: 5,
  ranges: [[0.3, 3]],
  defaults: {},
});

/** 1/x. */
export function reciprocal(x: TensorLike): Tensor {
  return apply(reciprocalOp, [x], {});
}
