/** What a layer is: parameters by their names within it, and a function of them; and how layers nest under PyTorch's dotted names. */

import { normalizeSpec, type ParamSpec, type ParamSpecs } from "../store.js";
import type { Tensor } from "../tensor.js";
import type { ApplyContext } from "./model.js";

export interface Layer {
  /** Parameters and states (`state: true`: running statistics, changed by `assign` only) by their names inside the layer. */
  readonly params: ParamSpecs;
  apply(params: Readonly<Record<string, Tensor>>, x: Tensor, context: ApplyContext): Tensor;
}

/** The layer's parameters under `prefix.`, to be spread into those of the layer that holds it. */
export function nested(prefix: string, { params }: { readonly params: ParamSpecs }): Record<string, ParamSpec> {
  return Object.fromEntries(Object.entries(params).map(([name, spec]) => [`${prefix}.${name}`, normalizeSpec(spec)]));
}

/** The tensors under `prefix.`, by their names inside the layer that `nested` put there. */
export function within(params: Readonly<Record<string, Tensor>>, prefix: string): Record<string, Tensor> {
  const start = `${prefix}.`;
  return Object.fromEntries(
    Object.entries(params)
      .filter(([name]) => name.startsWith(start))
      .map(([name, tensor]) => [name.slice(start.length), tensor]),
  );
}
