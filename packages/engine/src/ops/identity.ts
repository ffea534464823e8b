/** The same value under another name, so that one use of a tensor can be told from its others: gradients with respect to a function's own argument start here. */

import type { Op } from "../op.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";

export const identityOp: Op<Record<string, never>> = {
  name: "identity",
  tolerance: "exact",
  infer: ([x]) => [{ ...specOf(x as Spec) }],
  gradient: ({ dy }) => [dy],
  reference: ([x]) => [x as NonNullable<typeof x>],
  flops: () => 0,
  cases: () => [
    { name: "matrix", inputs: [{ shape: [3, 7] }], attrs: {} },
    { name: "transposed", inputs: [{ shape: [9, 17], transposed: true }], attrs: {} },
  ],
  lowering: { kind: "view", view: (input) => input },
  bounded: true,
  batch: ([x]) => [identity(x as Tensor)],
};

/** Shape, type and bounded axis of a tensor, without the tensor. */
export function specOf({ shape, dtype, bound }: Spec): Spec {
  return { shape, dtype, ...(bound && { bound }) };
}

/** `x` itself as a value of its own in the graph; costs nothing when run. */
export function identity(x: Tensor): Tensor {
  return apply(identityOp, [x], {});
}
