/** A new axis of extent one. */

import { TetradError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import { reshape } from "./reshape.js";

/** `x` with an axis of extent one before axis `axis`; -1 puts it last. */
export function expandDims(x: Tensor, axis: number): Tensor {
  const at = axis < 0 ? axis + x.rank + 1 : axis;
  if (!Number.isInteger(at) || at < 0 || at > x.rank) {
    throw new TetradError("SHAPE", {
      op: "expandDims",
      what: "no such place for an axis",
      got: `${axis}`,
      expected: `an integer from ${-x.rank - 1} to ${x.rank}`,
    });
  }
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}
