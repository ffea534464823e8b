/** Affine map of the last axis, with PyTorch's weight layout. */

import { add } from "../ops/add.js";
import { matmul } from "../ops/matmul.js";
import type { Tensor } from "../tensor.js";

/**
 * x Wᵀ + b.
 * @param x (…, in)
 * @param weight (out, in)
 * @param bias (out), or none
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const y = matmul(x, weight, { transposeB: true });
  return bias === undefined ? y : add(y, bias);
}
