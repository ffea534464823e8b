/** Two-dimensional convolution as a layer, initialised as PyTorch's Conv2d. */

import { conv2d } from "../ops/conv2d.js";
import { pair } from "../ops/convolution.js";
import type { ParamSpec } from "../store.js";
import type { Tensor } from "../tensor.js";
import type { Layer } from "./layer.js";

export interface Conv2dLayerOptions {
  readonly stride?: number | readonly number[];
  readonly padding?: number | readonly number[] | "same";
  readonly dilation?: number | readonly number[];
  readonly groups?: number;
  /** Without: no `bias`. */
  readonly bias?: boolean;
}

/** `weight` and `bias` within ±1/√fan-in, as PyTorch draws those of its convolutions. */
export function convolutionParams(shape: readonly number[], outputs: number, bias: boolean): Record<string, ParamSpec> {
  const bound = 1 / Math.sqrt(shape.slice(1).reduce((product, extent) => product * extent, 1));
  return {
    weight: { shape, init: { uniform: bound } },
    ...(bias && { bias: { shape: [outputs], init: { uniform: bound } } }),
  };
}

/** (n, channels, h, w) → (n, filters, ho, wo): torch.nn.Conv2d. `kernel`: one number or [down, across]. */
export function conv2dLayer(
  channels: number,
  filters: number,
  kernel: number | readonly number[],
  { bias = true, ...options }: Conv2dLayerOptions = {},
): Layer {
  const [kh, kw] = pair("conv2dLayer", "kernel", kernel, 1);
  return {
    params: convolutionParams([filters, channels / (options.groups ?? 1), kh, kw], filters, bias),
    apply: (params, x) => conv2d(x, params["weight"] as Tensor, { ...options, bias: params["bias"] }),
  };
}
