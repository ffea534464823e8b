/** The same values in storage of their own, in row-major order. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply } from "../trace.js";

export const copyOp = elementwise({
  name: "copy",
  arity: 1,
  strip: "copy",
  reference:
    () =>
    (x = 0) =>
      x,
  gradient: ({ dy }) => [dy],
  tolerance: "exact",
  defaults: {},
});

/** `x` stored apart and without gaps. */
export function copy(x: Tensor): Tensor {
  return apply(copyOp, [x], {});
}
