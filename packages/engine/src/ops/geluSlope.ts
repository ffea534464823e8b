/** The slope of the exact GELU as one op, so that the backward pass has one exponential a number instead of two. */

import { elementwise } from "../op.js";
import * as special from "../special.js";
import type { Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { exp } from "./exp.js";
import { mul } from "./mul.js";
import { square } from "./square.js";
import { sub } from "./sub.js";

const ONE_OVER_ROOT_TWO_PI = 0.3989422804014327;

/** Φ(x) + x φ(x), φ the normal density and Φ its integral; its own slope is φ(x) (2 − x²). */
export const geluSlopeOp = elementwise({
  name: "geluSlope",
  arity: 1,
  strip: "gelu_erf_slope",
  reference:
    () =>
    (x = 0) =>
      0.5 * special.erfc(-Math.SQRT1_2 * x) + x * ONE_OVER_ROOT_TWO_PI * Math.exp(-0.5 * x * x),
  gradient({ inputs: [input], dy }) {
    const squared = square(input as Tensor);
    const density = mul(ONE_OVER_ROOT_TWO_PI, exp(mul(-0.5, squared)));
    return [mul(dy, mul(density, sub(2, squared)))];
  },
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 35,
  ranges: [[-6, 6]],
  defaults: {},
});

export function geluSlope(x: Tensor): Tensor {
  return apply(geluSlopeOp, [x], {});
}
