/** Hyperbolic cosine. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { mul } from "./mul.js";
import { sinh } from "./sinh.js";

export const coshOp = elementwise({
  name: "cosh",
  arity: 1,
  strip: "cosh",
  reference:
    () =>
    (x = 0) =>
      Math.cosh(x),
  gradient: ({ inputs: [x], dy }) => [mul(dy, sinh(x as Tensor))],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 25,
  defaults: {},
});

/** cosh x. */
export function cosh(x: TensorLike): Tensor {
  return apply(coshOp, [x], {});
}
