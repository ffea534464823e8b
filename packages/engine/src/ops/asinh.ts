/** Inverse hyperbolic sine. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { add } from "./add.js";
import { mul } from "./mul.js";
import { rsqrt } from "./rsqrt.js";
import { square } from "./square.js";

export const asinhOp = elementwise({
  name: "asinh",
  arity: 1,
  strip: "asinh",
  reference:
    () =>
    (x = 0) =>
      Math.asinh(x),
  gradient: ({ inputs: [x], dy }) => [mul(dy, rsqrt(add(square(x as Tensor), 1)))],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 30,
  defaults: {},
});

/** asinh x. */
export function asinh(x: TensorLike): Tensor {
  return apply(asinhOp, [x], {});
}
