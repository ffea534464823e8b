/** Layers one after another, named by their position as in PyTorch: "0.weight", "2.bias". */

import type { ParamSpec } from "../store.js";
import type { Tensor } from "../tensor.js";
import { type Layer, nested, within } from "./layer.js";

/** A function without parameters counts as a layer and takes a number, so that names agree with PyTorch's. */
export function sequential(layers: readonly (Layer | ((x: Tensor) => Tensor))[]): Layer {
  const params: Record<string, ParamSpec> = {};
  layers.forEach((layer, i) => {
    if (typeof layer !== "function") Object.assign(params, nested(`${i}`, layer));
  });
  return {
    params,
    apply(tensors, x, context) {
      return layers.reduce((h, layer, i) => (typeof layer === "function" ? layer(h) : layer.apply(within(tensors, `${i}`), h, context)), x);
    },
  };
}
