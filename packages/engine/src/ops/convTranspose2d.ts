/** Transposed convolution: the gradient of a convolution by its image, as a layer of its own. */

import { TetradError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import { conv2dInputGradient } from "./conv2dInputGradient.js";
import { addBias, type Pair, pair } from "./convolution.js";
import { pad } from "./pad.js";

export interface ConvTranspose2dOptions {
  /** Added to each output channel: (O). */
  readonly bias?: Tensor | undefined;
  readonly stride?: number | readonly number[];
  readonly padding?: number | readonly number[];
  /** Rows and columns that the output gets on top: which of the sizes that a convolution of that stride would map to x's. */
  readonly outputPadding?: number | readonly number[];
  readonly dilation?: number | readonly number[];
  readonly groups?: number;
}

/**
 * torch.nn.functional.conv_transpose2d: each element of x adds its multiple of the kernel to y, `stride` apart.
 * @param x (n, C, h, w)
 * @param weight (C, O/groups, kh, kw)
 * @returns (n, O, ho, wo), ho = (h − 1)·stride − 2·padding + dilation·(kh − 1) + outputPadding + 1
 * @throws TetradError SHAPE when channels or groups do not fit; ARGUMENT for bad options, or outputPadding not below stride or dilation
 */
export function convTranspose2d(x: Tensor, weight: Tensor, options: ConvTranspose2dOptions = {}): Tensor {
  const op = "convTranspose2d";
  const { bias, groups = 1 } = options;
  const stride = pair(op, "stride", options.stride ?? 1, 1);
  const padding = pair(op, "padding", options.padding ?? 0, 0);
  const dilation = pair(op, "dilation", options.dilation ?? 1, 1);
  const extra = pair(op, "outputPadding", options.outputPadding ?? 0, 0);
  if (extra.some((n, axis) => n >= Math.max(stride[axis] as number, dilation[axis] as number)))
    throw new TetradError("ARGUMENT", {
      op,
      what: "outputPadding must be below the stride or the dilation",
      got: `${extra.join(" × ")}, stride ${stride.join(" × ")}, dilation ${dilation.join(" × ")}`,
    });
  if (
    x.rank !== 4 ||
    weight.rank !== 4 ||
    x.shape[1] !== weight.shape[0] ||
    !Number.isInteger(groups) ||
    (x.shape[1] as number) % groups !== 0
  )
    throw new TetradError("SHAPE", {
      op,
      what: "weights do not fit the channels",
      got: `x [${x.shape.join(", ")}], weights [${weight.shape.join(", ")}], ${groups} groups`,
      expected: "x (n, C, h, w) and weights (C, O/groups, kh, kw), groups dividing C",
    });
  // Where dilation allows outputPadding to reach the stride, whole strides of it are rows of zeros behind x.
  const behind = extra.map((n, axis) => Math.floor(n / (stride[axis] as number))) as [number, number];
  const image = pad(x, [
    [0, 0],
    [0, 0],
    [0, behind[0]],
    [0, behind[1]],
  ]);
  const extent = (axis: 0 | 1): number =>
    ((x.shape[axis + 2] as number) - 1) * stride[axis] -
    2 * padding[axis] +
    dilation[axis] * ((weight.shape[axis + 2] as number) - 1) +
    extra[axis] +
    1;
  const size: Pair = [extent(0), extent(1)];
  if (size[0] < 1 || size[1] < 1)
    throw new TetradError("SHAPE", { op, what: "the padding leaves nothing of the output", got: `${size.join(" × ")}` });
  return addBias(conv2dInputGradient(image, weight, size, { stride, padding, dilation, groups }), bias);
}
