/** Tensors of one shape side by side along a new axis. */

import { TetradError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import { concat } from "./concat.js";
import { expandDims } from "./expandDims.js";

/** `xs`, all of one shape and type (SHAPE, DTYPE), along a new axis before axis `axis`. */
export function stack(xs: readonly Tensor[], axis = 0): Tensor {
  const [first] = xs;
  if (first === undefined) throw new TetradError("ARGUMENT", { op: "stack", what: "nothing to join", expected: "at least one tensor" });
  return concat(
    xs.map((x) => expandDims(x, axis)),
    axis < 0 ? axis + first.rank + 1 : axis,
  );
}
