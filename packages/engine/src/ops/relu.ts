/** Rectified linear unit. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { mul } from "./mul.js";
import { step } from "./step.js";

export const reluOp = elementwise({
  name: "relu",
  arity: 1,
  strip: "relu",
  reference:
    () =>
    (x = 0) =>
      x <= 0 ? 0 : x,
  gradient: ({ inputs: [x], dy }) => [mul(dy, step(x as Tensor))],
  floatOnly: true,
  tolerance: "exact",
  kink: true,
  defaults: {},
});

/** max(x, 0); the gradient at 0 is 0. Source: Nair and Hinton 2010. */
export function relu(x: TensorLike): Tensor {
  return apply(reluOp, [x], {});
}
