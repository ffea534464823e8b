/** A value that differentiation takes for a constant. */

import type { Op } from "../op.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { specOf } from "./identity.js";

export const stopGradientOp: Op<Record<string, never>> = {
  name: "stopGradient",
  tolerance: "exact",
  infer: ([x]) => [specOf(x as Spec)],
  gradient: () => [],
  reference: ([x]) => [x as NonNullable<typeof x>],
  flops: () => 0,
  cases: () => [
    { name: "matrix", inputs: [{ shape: [3, 7], frozen: true }], attrs: {} },
    { name: "transposed", inputs: [{ shape: [9, 17], transposed: true, frozen: true }], attrs: {} },
  ],
  lowering: { kind: "view", view: (input) => input },
  bounded: true,
  batch: ([x]) => [stopGradient(x as Tensor)],
};

/** `x` itself, through which no gradient flows back. */
export function stopGradient(x: Tensor): Tensor {
  return apply(stopGradientOp, [x], {});
}
