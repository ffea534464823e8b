/** The larger of two broadcast tensors. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { equal } from "./equal.js";
import { greater } from "./greater.js";
import { mul } from "./mul.js";
import { where } from "./where.js";

export const maximumOp = elementwise({
  name: "maximum",
  arity: 2,
  strip: "maximum",
  reference:
    () =>
    (a = 0, b = 0) =>
      Math.max(a, b),
  gradient({ inputs: [a, b], dy }) {
    const [x, y] = [a as Tensor, b as Tensor];
    const tie = where(equal(x, y), mul(dy, 0.5), 0);
    return [where(greater(x, y), dy, tie), where(greater(y, x), dy, tie)];
  },
  tolerance: "exact",
  kink: true,
  defaults: {},
});

/** The larger of a and b, broadcast; NaN where either is. A tie shares the gradient equally. */
export function maximum(a: TensorLike, b: TensorLike): Tensor {
  return apply(maximumOp, [a, b], {});
}
