/** Mean of windows of signals: two-dimensional pooling of height 1. */

import { TetradError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import { avgPool2d } from "./avgPool2d.js";
import { across } from "./convolution.js";
import { expandDims } from "./expandDims.js";
import { squeeze } from "./squeeze.js";

export interface AvgPool1dOptions {
  readonly kernel: number;
  /** The kernel's extent unless told. */
  readonly stride?: number | undefined;
  readonly padding?: number | undefined;
  readonly ceilMode?: boolean | undefined;
  readonly countIncludePad?: boolean | undefined;
}

/**
 * torch.nn.functional.avg_pool1d; options as avgPool2d.
 * @param x signals (n, C, length)
 * @throws TetradError ARGUMENT for bad options, SHAPE where no window fits
 */
export function avgPool1d(x: Tensor, { kernel, stride = kernel, padding = 0, ...rest }: AvgPool1dOptions): Tensor {
  const op = "avgPool1d";
  if (x.rank !== 3) throw new TetradError("SHAPE", { op, what: "needs (n, C, length)", got: `rank ${x.rank}` });
  const y = avgPool2d(expandDims(x, 2), {
    ...rest,
    kernel: across(op, "kernel", kernel, 1, 1),
    stride: across(op, "stride", stride, 1, 1),
    padding: across(op, "padding", padding, 0, 0),
  });
  return squeeze(y, 2);
}
