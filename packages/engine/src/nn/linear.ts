/** Affine map of the last axis, with PyTorch's weight layout. */

import { add } from "../ops/add.js";
import { linearInt8 } from "../ops/linearInt8.js";
import { linearQuantized } from "../ops/linearQuantized.js";
import { matmul } from "../ops/matmul.js";
import type { Tensor } from "../tensor.js";

/**
 * x Wᵀ + b.
 * @param x (…, in)
 * @param weight (out, in); one that a store keeps in a storage format is multiplied as it is
 * @param bias (out), or none
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const y = product(x, weight);
  return bias === undefined ? y : add(y, bias);
}

function product(x: Tensor, weight: Tensor): Tensor {
  const { stored } = weight;
  if (stored === undefined) return matmul(x, weight, { transposeB: true });
  if (stored.layout === "panels") return linearInt8(x, weight, stored.format, stored.shape);
  return linearQuantized(x, weight, stored.format, stored.shape);
}
