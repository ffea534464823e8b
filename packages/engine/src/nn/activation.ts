/** Activations by name, for models described in configuration files. */

import { didYouMean, TetradError } from "../errors.js";
import { elu } from "../ops/elu.js";
import { gelu } from "../ops/gelu.js";
import { leakyRelu } from "../ops/leakyRelu.js";
import { mish } from "../ops/mish.js";
import { relu } from "../ops/relu.js";
import { sigmoid } from "../ops/sigmoid.js";
import { silu } from "../ops/silu.js";
import { softplus } from "../ops/softplus.js";
import { tanh } from "../ops/tanh.js";
import type { Tensor } from "../tensor.js";

export const ACTIVATIONS = {
  relu: (x: Tensor) => relu(x),
  tanh: (x: Tensor) => tanh(x),
  sigmoid: (x: Tensor) => sigmoid(x),
  gelu: (x: Tensor) => gelu(x),
  silu: (x: Tensor) => silu(x),
  elu: (x: Tensor) => elu(x),
  leaky_relu: (x: Tensor) => leakyRelu(x),
  softplus: (x: Tensor) => softplus(x),
  mish: (x: Tensor) => mish(x),
  linear: (x: Tensor) => x,
} as const satisfies Record<string, (x: Tensor) => Tensor>;

export type Activation = keyof typeof ACTIVATIONS;

/** @throws TetradError ARGUMENT for an unknown name, with the nearest one */
export function activationNamed(name: string): (x: Tensor) => Tensor {
  if (name in ACTIVATIONS) return ACTIVATIONS[name as Activation];
  throw new TetradError("ARGUMENT", {
    op: "activation",
    what: `unknown activation "${name}"`,
    expected: Object.keys(ACTIVATIONS).join(", "),
    hint: didYouMean(name, Object.keys(ACTIVATIONS)),
  });
}
