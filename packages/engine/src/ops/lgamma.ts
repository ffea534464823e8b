/** Logarithm of the gamma function. */

import { elementwise } from "../op.js";
import * as special from "../special.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { digamma } from "./digamma.js";
import { mul } from "./mul.js";

export const lgammaOp = elementwise({
  name: "lgamma",
  arity: 1,
  strip: "lgamma",
  reference:
    () =>
    (x = 0) =>
      special.lgamma(x),
  gradient: ({ inputs: [x], dy }) => [mul(dy, digamma(x as Tensor))],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 40,
  ranges: [[0.2, 6]],
  defaults: {},
});

/** ln |Γ(x)|; +Inf at 0, −1, −2, …. */
export function lgamma(x: TensorLike): Tensor {
  return apply(lgammaOp, [x], {});
}
