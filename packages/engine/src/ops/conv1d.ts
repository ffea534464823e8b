/** One-dimensional convolution: a two-dimensional one of height 1. */

import { TetradError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import { type Conv2dOptions, conv2d } from "./conv2d.js";
import { across } from "./convolution.js";
import { expandDims } from "./expandDims.js";
import { squeeze } from "./squeeze.js";

export interface Conv1dOptions extends Omit<Conv2dOptions, "stride" | "padding" | "dilation"> {
  readonly stride?: number;
  /** "same" pads so that the length stays at stride 1. */
  readonly padding?: number | "same";
  readonly dilation?: number;
}

/**
 * torch.nn.functional.conv1d.
 * @param x signals (n, C, length)
 * @param weight (O, C/groups, k)
 * @returns (n, O, ⌊(length + 2·padding − dilation·(k − 1) − 1) / stride⌋ + 1)
 * @throws TetradError SHAPE, ARGUMENT as conv2d
 */
export function conv1d(x: Tensor, weight: Tensor, { stride = 1, padding = 0, dilation = 1, ...rest }: Conv1dOptions = {}): Tensor {
  if (x.rank !== 3 || weight.rank !== 3)
    throw new TetradError("SHAPE", {
      op: "conv1d",
      what: "needs (n, C, length) and (O, C/groups, k)",
      got: `rank ${x.rank} and ${weight.rank}`,
    });
  const y = conv2d(expandDims(x, 2), expandDims(weight, 2), {
    ...rest,
    stride: across("conv1d", "stride", stride, 1, 1),
    padding: padding === "same" ? padding : across("conv1d", "padding", padding, 0, 0),
    dilation: across("conv1d", "dilation", dilation, 1, 1),
  });
  return squeeze(y, 2);
}
