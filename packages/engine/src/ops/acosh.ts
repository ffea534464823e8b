/** Inverse hyperbolic cosine. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { add } from "./add.js";
import { mul } from "./mul.js";
import { rsqrt } from "./rsqrt.js";
import { sub } from "./sub.js";

export const acoshOp = elementwise({
  name: "acosh",
  arity: 1,
  strip: "acosh",
  reference:
    () =>
    (x = 0) =>
      Math.acosh(x),
  gradient: ({ inputs: [x], dy }) => [mul(dy, rsqrt(mul(sub(x as Tensor, 1), add(x as Tensor, 1))))],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 30,
  ranges: [[1.1, 4]],
  defaults: {},
});

/** acosh x; NaN below 1. The gradient is infinite at 1. */
export function acosh(x: TensorLike): Tensor {
  return apply(acoshOp, [x], {});
}
