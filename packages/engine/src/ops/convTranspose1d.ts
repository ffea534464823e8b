/** One-dimensional transposed convolution: a two-dimensional one of height 1. */

import { TetradError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import { across } from "./convolution.js";
import { type ConvTranspose2dOptions, convTranspose2d } from "./convTranspose2d.js";
import { expandDims } from "./expandDims.js";
import { squeeze } from "./squeeze.js";

export interface ConvTranspose1dOptions extends Omit<ConvTranspose2dOptions, "stride" | "padding" | "dilation" | "outputPadding"> {
  readonly stride?: number;
  readonly padding?: number;
  readonly outputPadding?: number;
  readonly dilation?: number;
}

/**
 * torch.nn.functional.conv_transpose1d.
 * @param x (n, C, length)
 * @param weight (C, O/groups, k)
 * @returns (n, O, (length − 1)·stride − 2·padding + dilation·(k − 1) + outputPadding + 1)
 * @throws TetradError SHAPE, ARGUMENT as convTranspose2d
 */
export function convTranspose1d(
  x: Tensor,
  weight: Tensor,
  { stride = 1, padding = 0, outputPadding = 0, dilation = 1, ...rest }: ConvTranspose1dOptions = {},
): Tensor {
  const op = "convTranspose1d";
  if (x.rank !== 3 || weight.rank !== 3)
    throw new TetradError("SHAPE", { op, what: "needs (n, C, length) and (C, O/groups, k)", got: `rank ${x.rank} and ${weight.rank}` });
  const y = convTranspose2d(expandDims(x, 2), expandDims(weight, 2), {
    ...rest,
    stride: across(op, "stride", stride, 1, 1),
    padding: across(op, "padding", padding, 0, 0),
    outputPadding: across(op, "outputPadding", outputPadding, 0, 0),
    dilation: across(op, "dilation", dilation, 1, 1),
  });
  return squeeze(y, 2);
}
