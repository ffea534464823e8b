/** Exponential linear unit. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { exp } from "./exp.js";
import { greater } from "./greater.js";
import { minimum } from "./minimum.js";
import { mul } from "./mul.js";
import { where } from "./where.js";

export const eluOp = elementwise<{ readonly alpha: number }>({
  name: "elu",
  arity: 1,
  strip: "elu",
  immediates: ({ alpha }) => [alpha],
  reference:
    ({ alpha }) =>
    (x = 0) =>
      x > 0 ? x : alpha * Math.expm1(x),
  gradient({ inputs: [input], dy, attrs: { alpha } }) {
    const x = input as Tensor;
    // The exponent is cut at 0, or its infinity would turn the branch not taken into NaN in second derivatives.
    return [where(greater(x, 0), dy, mul(dy, mul(alpha, exp(minimum(x, 0)))))];
  },
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 25,
  kink: true,
  defaults: { alpha: 0.7 },
});

/** x where x > 0, else `alpha` (eˣ − 1). Source: Clevert, Unterthiner and Hochreiter 2015 (arXiv:1511.07289). */
export function elu(x: TensorLike, alpha = 1): Tensor {
  return apply(eluOp, [x], { alpha });
}
