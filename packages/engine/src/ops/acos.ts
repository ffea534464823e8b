/** Inverse cosine. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { add } from "./add.js";
import { mul } from "./mul.js";
import { neg } from "./neg.js";
import { rsqrt } from "./rsqrt.js";
import { sub } from "./sub.js";

export const acosOp = elementwise({
  name: "acos",
  arity: 1,
  strip: "acos",
  reference:
    () =>
    (x = 0) =>
      Math.acos(x),
  gradient: ({ inputs: [x], dy }) => [neg(mul(dy, rsqrt(mul(sub(1, x as Tensor), add(x as Tensor, 1)))))],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 25,
  ranges: [[-0.95, 0.95]],
  defaults: {},
});

/** acos x in radians, 0 … π; NaN outside [−1, 1]. The gradient is infinite at ±1. */
export function acos(x: TensorLike): Tensor {
  return apply(acosOp, [x], {});
}
