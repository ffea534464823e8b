/** One-dimensional convolution as a layer, initialised as PyTorch's Conv1d. */

import { conv1d } from "../ops/conv1d.js";
import type { Tensor } from "../tensor.js";
import { convolutionParams } from "./conv2d.js";
import type { Layer } from "./layer.js";

export interface Conv1dLayerOptions {
  readonly stride?: number;
  readonly padding?: number | "same";
  readonly dilation?: number;
  readonly groups?: number;
  /** Without: no `bias`. */
  readonly bias?: boolean;
}

/** (n, channels, length) → (n, filters, length out): torch.nn.Conv1d. */
export function conv1dLayer(
  channels: number,
  filters: number,
  kernel: number,
  { bias = true, ...options }: Conv1dLayerOptions = {},
): Layer {
  return {
    params: convolutionParams([filters, channels / (options.groups ?? 1), kernel], filters, bias),
    apply: (params, x) => conv1d(x, params["weight"] as Tensor, { ...options, bias: params["bias"] }),
  };
}
