/** Uniformly distributed random numbers. */

import type { Shape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { add } from "./add.js";
import { mul } from "./mul.js";
import { drawSource, type RandomOptions, randomSource } from "./randomSource.js";

export const uniformOp = randomSource("uniform", 12);

/** Numbers in [low, high), a function of the program's seed, its step, the stream and the index. */
export function uniform(
  shape: Shape,
  { low = 0, high = 1, ...options }: RandomOptions & { readonly low?: number; readonly high?: number } = {},
): Tensor {
  const unit = drawSource(uniformOp, shape, options);
  return low === 0 && high === 1 ? unit : add(mul(unit, high - low), low);
}
