/** Test for NaN. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";

export const isNaNOp = elementwise({
  name: "isNaN",
  arity: 1,
  strip: "isnan",
  reference:
    () =>
    (x = 0) =>
      Number(Number.isNaN(x)),
  gradient: () => [],
  result: "bool",
  tolerance: "exact",
  defaults: {},
});

/** True where x is NaN. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: what PyTorch, NumPy and JAX call it, and nothing here needs the global
export function isNaN(x: TensorLike): Tensor {
  return apply(isNaNOp, [x], {});
}
