/** Rounding to the nearest whole number. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";

function roundHalfToEven(x: number): number {
  const nearest = Math.round(x);
  return nearest - x === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}

export const roundOp = elementwise({
  name: "round",
  arity: 1,
  strip: "round",
  reference:
    () =>
    (x = 0) =>
      roundHalfToEven(x),
  gradient: () => [],
  tolerance: "exact",
  kink: true,
  defaults: {},
});

/** The nearest whole number, halves to the even one (as in PyTorch and NumPy, unlike Math.round). The gradient is 0. */
export function round(x: TensorLike): Tensor {
  return apply(roundOp, [x], {});
}
