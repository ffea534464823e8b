/** Sigmoid linear unit, also called swish. */

import { elementwise } from "../op.js";
import * as special from "../special.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { add } from "./add.js";
import { mul } from "./mul.js";
import { sigmoid } from "./sigmoid.js";
import { sub } from "./sub.js";

export const siluOp = elementwise({
  name: "silu",
  arity: 1,
  strip: "silu",
  reference:
    () =>
    (x = 0) =>
      x * special.sigmoid(x),
  gradient({ inputs: [x], dy }) {
    const s = sigmoid(x as Tensor);
    return [mul(dy, mul(s, add(mul(x as Tensor, sub(1, s)), 1)))];
  },
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 26,
  defaults: {},
});

/** x · sigmoid(x). Source: Elfwing, Uchibe and Doya 2017 (arXiv:1702.03118). */
export function silu(x: TensorLike): Tensor {
  return apply(siluOp, [x], {});
}
