/** Largest element of whole planes. */

import type { Tensor } from "../tensor.js";
import { maxPool2d } from "./maxPool2d.js";

/** (n, C, h, w) → (n, C, 1, 1), the gradient going to the first of equals: torch's adaptive_max_pool2d(x, 1). */
export function globalMaxPool2d(x: Tensor): Tensor {
  return maxPool2d(x, { kernel: x.shape.slice(2) });
}
