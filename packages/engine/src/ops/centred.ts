import type { Tensor } from "../tensor.js";
import { mean } from "./mean.js";
import { sub } from "./sub.js";

/**
 * What is left of `x` without its mean over `axes`. The mean is taken twice: a first one near 100 is off by what its own rounding and a GPU's division
 * (2.5 ulp) lose, 2e-5, which in double gradients of normalisations is more than all else together; the second removes that.
 */
export function centredOver(x: Tensor, axes: readonly number[]): Tensor {
  const near = sub(x, mean(x, axes, { keepDims: true }));
  return sub(near, mean(near, axes, { keepDims: true }));
}
