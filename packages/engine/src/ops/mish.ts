/** Mish activation. */

import { elementwise } from "../op.js";
import * as special from "../special.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { add } from "./add.js";
import { mul } from "./mul.js";
import { sigmoid } from "./sigmoid.js";
import { softplus } from "./softplus.js";
import { square } from "./square.js";
import { sub } from "./sub.js";
import { tanh } from "./tanh.js";

export const mishOp = elementwise({
  name: "mish",
  arity: 1,
  strip: "mish",
  reference:
    () =>
    (x = 0) =>
      x * Math.tanh(special.softplus(x, 1, Infinity)),
  gradient({ inputs: [x], dy }) {
    const t = tanh(softplus(x as Tensor));
    return [mul(dy, add(t, mul(mul(x as Tensor, sigmoid(x as Tensor)), sub(1, square(t)))))];
  },
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 45,
  defaults: {},
});

/** x · tanh(softplus(x)). Source: Misra 2019 (arXiv:1908.08681). */
export function mish(x: TensorLike): Tensor {
  return apply(mishOp, [x], {});
}
