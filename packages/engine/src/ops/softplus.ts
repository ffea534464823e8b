/** Smooth rectifier. */

import { elementwise } from "../op.js";
import * as special from "../special.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { greater } from "./greater.js";
import { mul } from "./mul.js";
import { sigmoid } from "./sigmoid.js";
import { where } from "./where.js";

type Attrs = { readonly beta: number; readonly threshold: number };

export const softplusOp = elementwise<Attrs>({
  name: "softplus",
  arity: 1,
  strip: "softplus",
  immediates: ({ beta, threshold }) => [beta, threshold],
  reference:
    ({ beta, threshold }) =>
    (x = 0) =>
      special.softplus(x, beta, threshold),
  gradient({ inputs: [x], dy, attrs: { beta, threshold } }) {
    const z = mul(x as Tensor, beta);
    const slope = mul(dy, sigmoid(z));
    return [threshold === Infinity ? slope : where(greater(z, threshold), dy, slope)];
  },
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 35,
  defaults: { beta: 1.5, threshold: 20 },
});

/**
 * ln(1 + e^(βx))/β; x itself where βx > `threshold`, as in PyTorch. `threshold: Infinity` gives the exact function, which never overflows either.
 * Source: Dugas et al. 2001.
 */
export function softplus(x: TensorLike, { beta = 1, threshold = 20 }: Partial<Attrs> = {}): Tensor {
  return apply(softplusOp, [x], { beta, threshold });
}
