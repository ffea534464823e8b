/** The smaller of two broadcast tensors. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { equal } from "./equal.js";
import { less } from "./less.js";
import { mul } from "./mul.js";
import { where } from "./where.js";

export const minimumOp = elementwise({
  name: "minimum",
  arity: 2,
  strip: "minimum",
  reference:
    () =>
    (a = 0, b = 0) =>
      Math.min(a, b),
  gradient({ inputs: [a, b], dy }) {
    const [x, y] = [a as Tensor, b as Tensor];
    const tie = where(equal(x, y), mul(dy, 0.5), 0);
    return [where(less(x, y), dy, tie), where(less(y, x), dy, tie)];
  },
  tolerance: "exact",
  kink: true,
  defaults: {},
});

/** The smaller of a and b, broadcast; NaN where either is. A tie shares the gradient equally. */
export function minimum(a: TensorLike, b: TensorLike): Tensor {
  return apply(minimumOp, [a, b], {});
}
