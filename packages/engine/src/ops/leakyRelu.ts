/** Rectified linear unit that lets a little through below zero. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { greater } from "./greater.js";
import { mul } from "./mul.js";
import { where } from "./where.js";

export const leakyReluOp = elementwise<{ readonly slope: number }>({
  name: "leakyRelu",
  arity: 1,
  strip: "leaky_relu",
  immediates: ({ slope }) => [slope],
  reference:
    ({ slope }) =>
    (x = 0) =>
      x > 0 ? x : slope * x,
  gradient: ({ inputs: [x], dy, attrs: { slope } }) => [where(greater(x as Tensor, 0), dy, mul(dy, slope))],
  floatOnly: true,
  kink: true,
  defaults: { slope: 0.2 },
});

/** x where x > 0, else `slope` · x. Source: Maas, Hannun and Ng 2013. */
export function leakyRelu(x: TensorLike, slope = 0.01): Tensor {
  return apply(leakyReluOp, [x], { slope });
}
