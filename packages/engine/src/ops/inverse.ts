/** The inverse of square matrices. */

import type { Tensor } from "../tensor.js";
import { eye } from "./eye.js";
import { squareSpec } from "./matrices.js";
import { solve } from "./solve.js";

/** A⁻¹: (…, n, n). A singular matrix gives infinities or NaN. To solve a system call `solve`, which is faster and more accurate. */
export function inverse(a: Tensor): Tensor {
  return solve(a, eye(squareSpec("inverse", a).n, undefined, a.dtype));
}
