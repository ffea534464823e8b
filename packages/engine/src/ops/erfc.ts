/** Complementary error function. */

import { elementwise } from "../op.js";
import * as special from "../special.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { exp } from "./exp.js";
import { mul } from "./mul.js";
import { neg } from "./neg.js";
import { square } from "./square.js";

const TWO_OVER_ROOT_PI = 1.1283791670955126;

export const erfcOp = elementwise({
  name: "erfc",
  arity: 1,
  strip: "erfc",
  reference:
    () =>
    (x = 0) =>
      special.erfc(x),
  gradient: ({ inputs: [x], dy }) => [neg(mul(dy, mul(TWO_OVER_ROOT_PI, exp(neg(square(x as Tensor))))))],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 30,
  defaults: {},
});

/** 1 − erf x, accurate in the right tail. */
export function erfc(x: TensorLike): Tensor {
  return apply(erfcOp, [x], {});
}
