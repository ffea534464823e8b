/** The upper triangle of matrices. */

import type { Tensor } from "../tensor.js";
import { lowerMask, matrixShape } from "./matrices.js";
import { where } from "./where.js";

/** `x` with zeros below the diagonal `offset` places to the right of the main one: (…, m, n). NaNs below it do not survive. */
export function triu(x: Tensor, offset = 0): Tensor {
  const [m, n] = matrixShape("triu", x);
  return where(lowerMask(m, n, offset - 1), 0, x);
}
