/** Negation. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";

export const negOp = elementwise({
  name: "neg",
  arity: 1,
  strip: "neg",
  reference:
    () =>
    (x = 0) =>
      -x,
  gradient: ({ dy }) => [neg(dy)],
  tolerance: "exact",
  arithmetic: true,
  defaults: {},
});

/** −x. */
export function neg(x: TensorLike): Tensor {
  return apply(negOp, [x], {});
}
