/** Gaussian error linear unit, exact or by the tanh approximation that GPT-2 uses. */

import { elementwise } from "../op.js";
import * as special from "../special.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { add } from "./add.js";
import { geluSlope } from "./geluSlope.js";
import { mul } from "./mul.js";
import { sigmoid } from "./sigmoid.js";
import { square } from "./square.js";
import { sub } from "./sub.js";

export type GeluApproximation = "none" | "tanh";

type Attrs = { readonly approximate: GeluApproximation };

const SQRT_HALF = Math.SQRT1_2;
/** √(2/π) and the cubic coefficient of the approximation. */
const SLOPE = 0.7978845608028654;
const CUBIC = 0.044715;

/** ½(1 + tanh u) is sigmoid(2u), which keeps its digits in the left tail. */
function twiceArgument(x: number): number {
  return 2 * SLOPE * (x + CUBIC * x * x * x);
}

export const geluOp = elementwise<Attrs>({
  name: "gelu",
  arity: 1,
  strip: ({ approximate }: Attrs) => (approximate === "tanh" ? "gelu_tanh" : "gelu_erf"),
  reference:
    ({ approximate }) =>
    (x = 0) =>
      approximate === "tanh" ? x * special.sigmoid(twiceArgument(x)) : 0.5 * x * special.erfc(-SQRT_HALF * x),
  gradient({ inputs: [input], dy, attrs: { approximate } }) {
    const x = input as Tensor;
    if (approximate === "none") return [mul(dy, geluSlope(x))];
    const squared = square(x);
    const s = sigmoid(mul(mul(2 * SLOPE, x), add(mul(CUBIC, squared), 1)));
    const slope = mul(2 * SLOPE, add(mul(3 * CUBIC, squared), 1));
    return [mul(dy, mul(s, add(mul(mul(x, sub(1, s)), slope), 1)))];
  },
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 35,
  cases: (["none", "tanh"] as const).flatMap((approximate) => [
    ...[0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 65, 257].map((n) => ({
      name: `${approximate} n${n}`,
      inputs: [{ shape: [n], range: [-6, 6] as const }],
      attrs: { approximate },
    })),
    { name: `${approximate} transposed`, inputs: [{ shape: [9, 17], transposed: true }], attrs: { approximate } },
    { name: `${approximate} past a strip`, inputs: [{ shape: [5, 257] }], attrs: { approximate } },
  ]),
  defaults: { approximate: "none" },
});

/** x Φ(x), Φ the normal distribution function; `approximate: "tanh"` as in GPT-2. Source: Hendrycks and Gimpel 2016 (arXiv:1606.08415). */
export function gelu(x: TensorLike, { approximate = "none" }: { approximate?: GeluApproximation } = {}): Tensor {
  return apply(geluOp, [x], { approximate });
}
