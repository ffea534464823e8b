/** Derivative of digamma. */

import { TetradError } from "../errors.js";
import { elementwise } from "../op.js";
import * as special from "../special.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";

export const trigammaOp = elementwise({
  name: "trigamma",
  arity: 1,
  strip: "trigamma",
  reference:
    () =>
    (x = 0) =>
      special.trigamma(x),
  gradient: () => {
    throw new TetradError("UNSUPPORTED", {
      op: "trigamma",
      what: "has no derivative here",
      hint: "lgamma can be differentiated twice, digamma once",
    });
  },
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 40,
  ranges: [[0.2, 6]],
  defaults: {},
});

/** ψ′(x), the second derivative of ln Γ(x); +Inf at 0, −1, −2, …. Differentiating it throws UNSUPPORTED. */
export function trigamma(x: TensorLike): Tensor {
  return apply(trigammaOp, [x], {});
}
