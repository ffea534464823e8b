/** The positions that would sort an axis. */

import type { Tensor } from "../tensor.js";
import { sort } from "./sort.js";

/** i32 positions along `axis` in the order of their elements, as the `indices` of `sort`. */
export function argsort(x: Tensor, axis = -1, options: { descending?: boolean } = {}): Tensor {
  return sort(x, axis, options).indices;
}
