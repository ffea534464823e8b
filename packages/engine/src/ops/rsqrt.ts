/** Reciprocal square root. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { mul } from "./mul.js";
import { square } from "./square.js";

export const rsqrtOp = elementwise({
  name: "rsqrt",
  arity: 1,
  strip: "rsqrt",
  reference:
    () =>
    (x = 0) =>
      1 / Math.sqrt(x),
  gradient: ({ outputs: [y], dy }) => [mul(dy, mul(-0.5, mul(square(y as Tensor), y as Tensor)))],
  floatOnly: true,
  flopsPerElement: 10,
  ranges: [[0.1, 4]],
  defaults: {},
});

/** 1/√x; infinite at 0, NaN below. */
export function rsqrt(x: TensorLike): Tensor {
  return apply(rsqrtOp, [x], {});
}
