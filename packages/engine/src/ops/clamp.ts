/** Values cut to an interval. */

import { TetradError } from "../errors.js";
import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { greaterEqual } from "./greaterEqual.js";
import { lessEqual } from "./lessEqual.js";
import { where } from "./where.js";

type Attrs = { readonly low: number; readonly high: number };

export const clampOp = elementwise<Attrs>({
  name: "clamp",
  arity: 1,
  strip: "clamp",
  immediates: ({ low, high }) => [low, high],
  reference:
    ({ low, high }) =>
    (x = 0) =>
      Math.min(Math.max(x, low), high),
  gradient({ inputs: [input], dy, attrs: { low, high } }) {
    const x = input as Tensor;
    return [where(greaterEqual(x, low), where(lessEqual(x, high), dy, 0), 0)];
  },
  tolerance: "exact",
  kink: true,
  defaults: { low: -1, high: 0.5 },
});

/**
 * min(max(x, low), high); ±Infinity leaves a side open, NaN stays NaN. The gradient passes inside the interval and at its ends.
 * Throws ARGUMENT when the interval is empty.
 */
export function clamp(x: TensorLike, low: number, high: number): Tensor {
  if (!(low <= high))
    throw new TetradError("ARGUMENT", { op: "clamp", what: "the interval is empty", got: `${low} … ${high}`, expected: "low ≤ high" });
  return apply(clampOp, [x], { low, high });
}
