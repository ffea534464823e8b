/** Indices as rows of zeros with a single one. */

import type { DType } from "../dtype.js";
import { TetradError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import { arange } from "./arange.js";
import { cast } from "./cast.js";
import { equal } from "./equal.js";
import { expandDims } from "./expandDims.js";

/** (…) of i32 to (…, depth): one where the position equals the index. An index outside 0 … depth − 1 gives a row of zeros. */
export function oneHot(indices: Tensor, depth: number, dtype: DType = "f32"): Tensor {
  if (indices.dtype !== "i32")
    throw new TetradError("DTYPE", { op: "oneHot", what: "needs whole numbers", got: indices.dtype, expected: "i32" });
  return cast(equal(expandDims(indices, -1), arange(depth, { dtype: "i32" })), dtype);
}
