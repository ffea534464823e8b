/** Two-dimensional transposed convolution as a layer, initialised as PyTorch's ConvTranspose2d. */

import { pair } from "../ops/convolution.js";
import { type ConvTranspose2dOptions, convTranspose2d } from "../ops/convTranspose2d.js";
import type { Tensor } from "../tensor.js";
import { convolutionParams } from "./conv2d.js";
import type { Layer } from "./layer.js";

export interface ConvTranspose2dLayerOptions extends Omit<ConvTranspose2dOptions, "bias"> {
  /** Without: no `bias`. */
  readonly bias?: boolean;
}

/** (n, channels, h, w) → (n, filters, ho, wo): torch.nn.ConvTranspose2d, whose fan-in is that of its weights (channels, filters/groups, kh, kw). */
export function convTranspose2dLayer(
  channels: number,
  filters: number,
  kernel: number | readonly number[],
  { bias = true, ...options }: ConvTranspose2dLayerOptions = {},
): Layer {
  const [kh, kw] = pair("convTranspose2dLayer", "kernel", kernel, 1);
  return {
    params: convolutionParams([channels, filters / (options.groups ?? 1), kh, kw], filters, bias),
    apply: (params, x) => convTranspose2d(x, params["weight"] as Tensor, { ...options, bias: params["bias"] }),
  };
}
