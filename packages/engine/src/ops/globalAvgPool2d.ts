/** Mean of whole planes. */

import type { Tensor } from "../tensor.js";
import { mean } from "./mean.js";

/** (n, C, h, w) → (n, C, 1, 1): torch's adaptive_avg_pool2d(x, 1). */
export function globalAvgPool2d(x: Tensor): Tensor {
  return mean(x, [2, 3], { keepDims: true });
}
