/** Replaces the gradient of a function by one of the caller's own. */

import { type Backward, withGradient } from "../ops/customGradient.js";
import type { Tensor } from "../tensor.js";

/**
 * `customGradient(f, backward)` computes `f`, and `backward({ dy, inputs, output })` gives the cotangents of its arguments: for stability where the
 * ops' own gradient cancels, for straight-through estimates, or for clipping. Tensors that `f` uses without taking them as arguments get no gradient.
 * `backward` is traced like any function, so what it returns can be differentiated again; it must work on what it is given and not on tensors
 * caught from around it, which vmap and scan could not follow. Throws ARGUMENT when it returns another number of cotangents than arguments.
 */
export function customGradient<A extends Tensor[]>(f: (...inputs: A) => Tensor, backward: Backward): (...inputs: A) => Tensor {
  return (...inputs) => withGradient(f(...inputs), inputs, backward);
}
