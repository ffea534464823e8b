/** Largest element of windows of signals: two-dimensional pooling of height 1. */

import { TetradError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import { across } from "./convolution.js";
import { expandDims } from "./expandDims.js";
import { maxPool2d } from "./maxPool2d.js";
import { squeeze } from "./squeeze.js";

export interface MaxPool1dOptions {
  readonly kernel: number;
  /** The kernel's extent unless told. */
  readonly stride?: number | undefined;
  readonly padding?: number | undefined;
  readonly ceilMode?: boolean | undefined;
  readonly dilation?: number | undefined;
}

/**
 * torch.nn.functional.max_pool1d; options as maxPool2d.
 * @param x signals (n, C, length)
 * @throws TetradError ARGUMENT for bad options, SHAPE where no window fits
 */
export function maxPool1d(x: Tensor, { kernel, stride = kernel, padding = 0, dilation = 1, ...rest }: MaxPool1dOptions): Tensor {
  const op = "maxPool1d";
  if (x.rank !== 3) throw new TetradError("SHAPE", { op, what: "needs (n, C, length)", got: `rank ${x.rank}` });
  const y = maxPool2d(expandDims(x, 2), {
    ...rest,
    kernel: across(op, "kernel", kernel, 1, 1),
    stride: across(op, "stride", stride, 1, 1),
    padding: across(op, "padding", padding, 0, 0),
    dilation: across(op, "dilation", dilation, 1, 1),
  });
  return squeeze(y, 2);
}
