/** Exponential less one, accurate near 0. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { exp } from "./exp.js";
import { mul } from "./mul.js";

export const expm1Op = elementwise({
  name: "expm1",
  arity: 1,
  strip: "expm1",
  reference:
    () =>
    (x = 0) =>
      Math.expm1(x),
  gradient: ({ inputs: [x], dy }) => [mul(dy, exp(x as Tensor))],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 22,
  defaults: {},
});

/** eˣ − 1 without cancellation for small x. */
export function expm1(x: TensorLike): Tensor {
  return apply(expm1Op, [x], {});
}
