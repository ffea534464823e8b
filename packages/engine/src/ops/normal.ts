/** Normally distributed random numbers. */

import type { Shape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { add } from "./add.js";
import { mul } from "./mul.js";
import { drawSource, type RandomOptions, randomSource } from "./randomSource.js";

export const normalOp = randomSource("normal", 40);

/** Numbers of the given mean and standard deviation, a function of the program's seed, its step, the stream and the index. Source: Box and Muller 1958. */
export function normal(
  shape: Shape,
  { mean = 0, sd = 1, ...options }: RandomOptions & { readonly mean?: number; readonly sd?: number } = {},
): Tensor {
  const standard = drawSource(normalOp, shape, options);
  return mean === 0 && sd === 1 ? standard : add(mul(standard, sd), mean);
}
