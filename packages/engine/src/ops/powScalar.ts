/** Power with a constant exponent. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { mul } from "./mul.js";

export const powScalarOp = elementwise<{ readonly exponent: number }>({
  name: "powScalar",
  arity: 1,
  strip: "pow_scalar",
  immediates: ({ exponent }) => [exponent],
  reference:
    ({ exponent }) =>
    (x = 0) =>
      x ** exponent,
  // x⁰ is 1 everywhere, so its gradient is 0 even where x^(−1) is infinite.
  gradient: ({ inputs: [x], dy, attrs: { exponent } }) => [
    exponent === 0 ? undefined : mul(dy, mul(exponent, powScalar(x as Tensor, exponent - 1))),
  ],
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 40,
  cases: [
    ...[2, 3, 0.5, -1, -0.5, 1.7, 0, 1].map((exponent) => ({
      name: `x^${exponent}`,
      inputs: [{ shape: [3, 17], range: [0.3, 3] as const }],
      attrs: { exponent },
    })),
    ...[0, 1, 2, 3, 7, 9, 31, 257].map((n) => ({
      name: `n${n}`,
      inputs: [{ shape: [n], range: [0.3, 3] as const }],
      attrs: { exponent: 2.5 },
    })),
    { name: "negative base", inputs: [{ shape: [33] }], attrs: { exponent: 3 } },
    { name: "transposed", inputs: [{ shape: [9, 17], range: [0.3, 3], transposed: true }], attrs: { exponent: -1.5 } },
  ],
  defaults: { exponent: 2 },
});

/** x^exponent for one number; NaN for a negative base unless the exponent is whole. */
export function powScalar(x: TensorLike, exponent: number): Tensor {
  return apply(powScalarOp, [x], { exponent });
}
