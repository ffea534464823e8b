/** Cosine. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { mul } from "./mul.js";
import { neg } from "./neg.js";
import { sin } from "./sin.js";

export const cosOp = elementwise({
  name: "cos",
  arity: 1,
  strip: "cos",
  reference:
    () =>
    (x = 0) =>
      Math.cos(x),
  gradient: ({ inputs: [x], dy }) => [neg(mul(dy, sin(x as Tensor)))],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 20,
  defaults: {},
});

/** cos x, x in radians. */
export function cos(x: TensorLike): Tensor {
  return apply(cosOp, [x], {});
}
