/** Power of two broadcast tensors. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { equal } from "./equal.js";
import { log } from "./log.js";
import { mul } from "./mul.js";
import { powScalar } from "./powScalar.js";
import { square } from "./square.js";
import { sub } from "./sub.js";
import { where } from "./where.js";

export const powOp = elementwise({
  name: "pow",
  arity: 2,
  strip: "pow",
  reference:
    () =>
    (a = 0, b = 0) =>
      a ** b,
  gradient({ inputs: [a, b], outputs: [y], dy }) {
    const [base, exponent, power] = [a as Tensor, b as Tensor, y as Tensor];
    // 0⁰ = 1 has slope 0 in its base, and 0ᵇ = 0 has slope 0 in its exponent; the formulas alone give 0 · Inf.
    const slope = mul(exponent, pow(base, sub(exponent, 1)));
    const logarithm = log(where(equal(base, 0), 1, base));
    return [where(equal(exponent, 0), 0, mul(dy, slope)), mul(dy, mul(power, logarithm))];
  },
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 50,
  ranges: [
    [0.3, 3],
    [-2, 2],
  ],
  defaults: {},
});

/**
 * aᵇ element by element, broadcast, with the special cases of C99: a⁰ = 1, NaN for a negative base unless the exponent is whole.
 * A number as exponent takes the cheaper ways of `powScalar`.
 */
export function pow(a: TensorLike, b: TensorLike): Tensor {
  if (typeof b !== "number") return apply(powOp, [a, b], {});
  return b === 2 ? square(a) : powScalar(a, b);
}
