/** Several neighbouring axes made one. */

import { normalizeAxis, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { reshape } from "./reshape.js";

/** `x` with the axes `first` to `last` (both included) merged into one; all of them when none are given. */
export function flatten(x: Tensor, first = 0, last = -1): Tensor {
  if (x.rank === 0) return reshape(x, [1]);
  const [from, to] = [normalizeAxis(first, x.rank), normalizeAxis(last, x.rank)];
  return from >= to ? x : reshape(x, [...x.shape.slice(0, from), sizeOf(x.shape.slice(from, to + 1)), ...x.shape.slice(to + 1)]);
}
