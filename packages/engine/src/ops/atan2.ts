/** Angle of a point in the plane. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { add } from "./add.js";
import { div } from "./div.js";
import { equal } from "./equal.js";
import { mul } from "./mul.js";
import { neg } from "./neg.js";
import { square } from "./square.js";
import { where } from "./where.js";

export const atan2Op = elementwise({
  name: "atan2",
  arity: 2,
  strip: "atan2",
  reference:
    () =>
    (a = 0, b = 0) =>
      Math.atan2(a, b),
  gradient({ inputs: [a, b], dy }) {
    // At the origin the angle has no derivative; 0 as in PyTorch.
    const squares = add(square(a as Tensor), square(b as Tensor));
    const scaled = div(dy, where(equal(squares, 0), 1, squares));
    return [mul(scaled, b as Tensor), neg(mul(scaled, a as Tensor))];
  },
  floatOnly: true,
  tolerance: "transcendental",
  flopsPerElement: 35,
  ranges: [
    [-2, 2],
    [0.3, 2],
  ],
  defaults: {},
});

/** Angle of the point (b, a) from the positive b axis, in radians, −π … π, broadcast. */
export function atan2(a: TensorLike, b: TensorLike): Tensor {
  return apply(atan2Op, [a, b], {});
}
