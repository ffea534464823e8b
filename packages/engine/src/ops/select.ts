/** One position of one axis, and that axis gone. */

import { TetradError } from "../errors.js";
import { normalizeAxis } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { reshape } from "./reshape.js";
import { sliceAxis } from "./slice.js";

/** The part of `x` at `position` of `axis`, which disappears: [3, 7] at axis 1 gives [3]. A negative position counts from the end; throws ARGUMENT outside. */
export function select(x: Tensor, axis: number, position: number): Tensor {
  const at = normalizeAxis(axis, x.rank);
  const extent = x.shape[at] as number;
  const index = position < 0 ? position + extent : position;
  if (!Number.isInteger(index) || index < 0 || index >= extent) {
    throw new TetradError("ARGUMENT", {
      op: "select",
      what: `no such position on axis ${at}`,
      got: `${position}`,
      expected: `an integer from ${-extent} to ${extent - 1}`,
    });
  }
  return reshape(
    sliceAxis(x, at, index, index + 1),
    x.shape.filter((_, i) => i !== at),
  );
}
