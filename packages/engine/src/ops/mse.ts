/** Mean squared error. */

import type { Tensor } from "../tensor.js";
import { checkSameShape, type LossOptions, reduceLoss } from "./loss.js";
import { square } from "./square.js";
import { sub } from "./sub.js";

/** (x − target)², averaged over all elements unless `reduction` says otherwise. Throws SHAPE unless the shapes are equal. */
export function mse(x: Tensor, target: Tensor, { reduction }: LossOptions = {}): Tensor {
  checkSameShape("mse", x, target);
  return reduceLoss(square(sub(x, target)), reduction);
}
