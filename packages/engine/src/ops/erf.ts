/** Error function. */

import { elementwise } from "../op.js";
import * as special from "../special.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { exp } from "./exp.js";
import { mul } from "./mul.js";
import { neg } from "./neg.js";
import { square } from "./square.js";

const TWO_OVER_ROOT_PI = 1.1283791670955126;

export const erfOp = elementwise({
  name: "erf",
  arity: 1,
  strip: "erf",
  reference:
    () =>
    (x = 0) =>
      special.erf(x),
  gradient: ({ inputs: [x], dy }) => [mul(dy, mul(TWO_OVER_ROOT_PI, exp(neg(square(x as Tensor)))))],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 25,
  defaults: {},
});

/** erf x = 2/√π ∫₀ˣ e^(−t²) dt. */
export function erf(x: TensorLike): Tensor {
  return apply(erfOp, [x], {});
}
