/** Inverse sine. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { add } from "./add.js";
import { mul } from "./mul.js";
import { rsqrt } from "./rsqrt.js";
import { sub } from "./sub.js";

export const asinOp = elementwise({
  name: "asin",
  arity: 1,
  strip: "asin",
  reference:
    () =>
    (x = 0) =>
      Math.asin(x),
  gradient: ({ inputs: [x], dy }) => [mul(dy, rsqrt(mul(sub(1, x as Tensor), add(x as Tensor, 1))))],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 25,
  ranges: [[-0.95, 0.95]],
  defaults: {},
});

/** asin x in radians, −π/2 … π/2; NaN outside [−1, 1]. The gradient is infinite at ±1. */
export function asin(x: TensorLike): Tensor {
  return apply(asinOp, [x], {});
}
