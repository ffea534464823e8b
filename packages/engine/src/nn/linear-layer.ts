/** The affine map as a layer, named and started as torch.nn.Linear. */

import type { ParamSpec } from "../store.js";
import type { Tensor } from "../tensor.js";
import type { Layer } from "./layer.js";
import { linear } from "./linear.js";
import { requireSizes } from "./sizes.js";

/**
 * x Wᵀ + b over the last axis; weight and bias uniform within 1/√inputs.
 * Throws ARGUMENT for sizes that are not positive integers.
 */
export function linearLayer(inputs: number, outputs: number, { bias = true }: { readonly bias?: boolean } = {}): Layer {
  requireSizes("linearLayer", inputs, outputs);
  const bound = 1 / Math.sqrt(inputs);
  const params: Record<string, ParamSpec> = { weight: { shape: [outputs, inputs], init: { uniform: bound } } };
  if (bias) params["bias"] = { shape: [outputs], init: { uniform: bound } };
  return { params, apply: (tensors, x) => linear(x, tensors["weight"] as Tensor, tensors["bias"]) };
}
