/** Square. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { mul } from "./mul.js";

export const squareOp = elementwise({
  name: "square",
  arity: 1,
  strip: "square",
  reference:
    () =>
    (x = 0) =>
      x * x,
  gradient: ({ inputs: [x], dy }) => [mul(dy, mul(2, x as Tensor))],
  arithmetic: true,
  defaults: {},
});

/** x². */
export function square(x: TensorLike): Tensor {
  return apply(squareOp, [x], {});
}
