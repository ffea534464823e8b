/** Hyperbolic sine. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { cosh } from "./cosh.js";
import { mul } from "./mul.js";

export const sinhOp = elementwise({
  name: "sinh",
  arity: 1,
  strip: "sinh",
  reference:
    () =>
    (x = 0) =>
      Math.sinh(x),
  gradient: ({ inputs: [x], dy }) => [mul(dy, cosh(x as Tensor))],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 25,
  defaults: {},
});

/** sinh x. */
export function sinh(x: TensorLike): Tensor {
  return apply(sinhOp, [x], {});
}
