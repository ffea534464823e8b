/** Logistic function. */

import { elementwise } from "../op.js";
import * as special from "../special.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { mul } from "./mul.js";
import { sub } from "./sub.js";

export const sigmoidOp = elementwise({
  name: "sigmoid",
  arity: 1,
  strip: "sigmoid",
  reference:
    () =>
    (x = 0) =>
      special.sigmoid(x),
  gradient: ({ outputs: [y], dy }) => [mul(dy, mul(y as Tensor, sub(1, y as Tensor)))],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 25,
  defaults: {},
});

/** 1/(1 + e^(−x)). */
export function sigmoid(x: TensorLike): Tensor {
  return apply(sigmoidOp, [x], {});
}
