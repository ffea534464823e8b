/** Quotient of two broadcast tensors. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { mul } from "./mul.js";
import { neg } from "./neg.js";

export const divOp = elementwise({
  name: "div",
  arity: 2,
  strip: "div",
  reference:
    () =>
    (a = 0, b = 0) =>
      a / b,
  gradient: ({ inputs: [, b], outputs: [y], dy }) => [div(dy, b as Tensor), neg(mul(dy, div(y as Tensor, b as Tensor)))],
  floatOnly: true,
  flopsPerElement: 5,
  ranges: [
    [-2, 2],
    [0.5, 2],
  ],
  defaults: {},
});

/** a / b element by element, broadcast. */
export function div(a: TensorLike, b: TensorLike): Tensor {
  return apply(divOp, [a, b], {});
}
