/** Mean absolute error. */

import type { Tensor } from "../tensor.js";
import { abs } from "./abs.js";
import { checkSameShape, type LossOptions, reduceLoss } from "./loss.js";
import { sub } from "./sub.js";

/** |x − target|, averaged over all elements unless `reduction` says otherwise. Throws SHAPE unless the shapes are equal. */
export function l1(x: Tensor, target: Tensor, { reduction }: LossOptions = {}): Tensor {
  checkSameShape("l1", x, target);
  return reduceLoss(abs(sub(x, target)), reduction);
}
