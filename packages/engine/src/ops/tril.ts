/** The lower triangle of matrices. */

import type { Tensor } from "../tensor.js";
import { lowerMask, matrixShape } from "./matrices.js";
import { where } from "./where.js";

/** `x` with zeros above the diagonal `offset` places to the right of the main one: (…, m, n). NaNs above it do not survive. */
export function tril(x: Tensor, offset = 0): Tensor {
  const [m, n] = matrixShape("tril", x);
  return where(lowerMask(m, n, offset), x, 0);
}
