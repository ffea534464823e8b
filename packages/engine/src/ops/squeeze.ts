/** Axes of extent one taken out. */

import { TetradError } from "../errors.js";
import { formatShape, normalizeAxes } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { reshape } from "./reshape.js";

/** `x` without `axes`, which must have extent one (SHAPE); without all such axes when none are given. */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  const gone = axes === undefined ? x.shape.flatMap((extent, i) => (extent === 1 ? [i] : [])) : normalizeAxes(axes, x.rank);
  const wide = gone.find((axis) => x.shape[axis] !== 1);
  if (wide !== undefined)
    throw new TetradError("SHAPE", { op: "squeeze", what: `axis ${wide} has more than one element`, got: formatShape(x.shape) });
  return reshape(
    x,
    x.shape.filter((_, i) => !gone.includes(i)),
  );
}
