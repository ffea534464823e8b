/** Logarithmic derivative of the gamma function. */

import { elementwise } from "../op.js";
import * as special from "../special.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { mul } from "./mul.js";
import { trigamma } from "./trigamma.js";

export const digammaOp = elementwise({
  name: "digamma",
  arity: 1,
  strip: "digamma",
  reference:
    () =>
    (x = 0) =>
      special.digamma(x),
  gradient: ({ inputs: [x], dy }) => [mul(dy, trigamma(x as Tensor))],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 40,
  ranges: [[0.2, 6]],
  defaults: {},
});

/** ψ(x) = d ln Γ(x)/dx; ∓Inf at ±0, NaN at −1, −2, …. */
export function digamma(x: TensorLike): Tensor {
  return apply(digammaOp, [x], {});
}
