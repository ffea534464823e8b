/** Two-dimensional convolution (cross-correlation, as PyTorch has it), by an implicit GEMM; depthwise by a kernel of its own. */

import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { conv2dInputGradient } from "./conv2dInputGradient.js";
import { conv2dWeightGradient } from "./conv2dWeightGradient.js";
import {
  addBias,
  bandFits,
  batchIntoChannels,
  batchIntoFilters,
  channelsIntoBatch,
  checkConvolution,
  convolutionCases,
  convolutionFlops,
  foldImages,
  forEachProduct,
  geometryOf,
  launchConvolution,
  operandCase,
  pair,
  UNIT_WINDOWS,
  type Windows,
} from "./convolution.js";
import { pad } from "./pad.js";

export const conv2dOp: Op<Windows> = {
  name: "conv2d",
  tolerance: "reduction",
  infer([image, weights], windows) {
    const [x, w] = [image as Spec, weights as Spec];
    const geometry = geometryOf("conv2d", x.shape, w.shape, windows);
    checkConvolution("conv2d", [x, w], w, geometry);
    return [{ shape: [geometry.images, geometry.filters, ...geometry.output], dtype: x.dtype, ...(x.bound && { bound: x.bound }) }];
  },
  gradient({ inputs: [image, weights], dy, attrs }) {
    const [x, w] = [image as Tensor, weights as Tensor];
    return [
      conv2dInputGradient(dy, w, [x.shape[2] as number, x.shape[3] as number], attrs),
      conv2dWeightGradient(x, dy, [w.shape[2] as number, w.shape[3] as number], attrs),
    ];
  },
  reference([image, weights], windows, [output]) {
    const [x, w, y] = [image as NdArray, weights as NdArray, ndZeros((output as Spec).shape, (output as Spec).dtype)];
    forEachProduct(geometryOf("conv2d", x.shape, w.shape, windows), (to, from, tap) => {
      y.data[to] = (y.data[to] as number) + (x.data[from] as number) * (w.data[tap] as number);
    });
    return [y];
  },
  flops: ([x, w], _, windows) => convolutionFlops(geometryOf("conv2d", (x as Spec).shape, (w as Spec).shape, windows)),
  cases: () => [
    ...convolutionCases().map(({ name, x, w, windows }) => operandCase(name, [x, w], windows)),
    operandCase(
      "transposed",
      [
        [2, 3, 5, 6],
        [2, 3, 3, 2],
      ],
      UNIT_WINDOWS,
      0,
    ),
  ],
  lowering: {
    kind: "launch",
    launch(context, node, windows) {
      const [x, w] = node.inputs as readonly [Tensor, Tensor];
      launchConvolution(context, node, { dense: "conv2d", depthwise: "depthwise2d" }, geometryOf("conv2d", x.shape, w.shape, windows), x);
    },
  },
  bounded: true,
  batch([x, w], [batchedX, batchedW], attrs) {
    if (batchedW !== true) return [foldImages(conv2dOp, [x as Tensor, w as Tensor], 0, attrs)];
    const batch = (w as Tensor).shape[0] as number;
    const operands = [batchIntoChannels(x as Tensor, batchedX, batch), batchIntoFilters(w as Tensor, batchedW, batch)];
    return [channelsIntoBatch(apply(conv2dOp, operands, { ...attrs, groups: attrs.groups * batch }), batch)];
  },
};

export interface Conv2dOptions {
  /** Added to each output channel: (O). */
  readonly bias?: Tensor | undefined;
  /** One number for both directions, or [down, across]; "same" pads so that the image keeps its size at stride 1. */
  readonly stride?: number | readonly number[];
  readonly padding?: number | readonly number[] | "same";
  readonly dilation?: number | readonly number[];
  readonly groups?: number;
}

/**
 * y[n, o] = b[o] + Σ over c of w[o, c] ∗ x[n, c], without flipping the kernel: torch.nn.functional.conv2d.
 * @param x images (n, C, h, w)
 * @param weight (O, C/groups, kh, kw)
 * @returns (n, O, ho, wo), ho = ⌊(h + 2·padding − dilation·(kh − 1) − 1) / stride⌋ + 1
 * @throws TetradError SHAPE when channels or groups do not fit or the kernel is larger than the padded image; ARGUMENT for bad options
 */
export function conv2d(x: Tensor, weight: Tensor, options: Conv2dOptions = {}): Tensor {
  const { bias, stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  if (!Number.isInteger(groups) || groups < 1)
    throw new TetradError("ARGUMENT", { op: "conv2d", what: "groups must be a positive integer", got: `${groups}` });
  const windows = {
    stride: pair("conv2d", "stride", stride, 1),
    dilation: pair("conv2d", "dilation", dilation, 1),
    groups,
  };
  if (padding !== "same") return addBias(convolve(x, weight, { ...windows, padding: pair("conv2d", "padding", padding, 0) }), bias);
  if (windows.stride.some((step) => step !== 1))
    throw new TetradError("ARGUMENT", { op: "conv2d", what: 'padding "same" needs stride 1', got: `stride ${windows.stride.join(" × ")}` });
  // The odd element goes behind, as in PyTorch.
  const total = windows.dilation.map((step, axis) => step * ((weight.shape[axis + 2] as number) - 1)) as [number, number];
  const odd = pad(x, [
    [0, 0],
    [0, 0],
    [0, total[0] % 2],
    [0, total[1] % 2],
  ]);
  return addBias(convolve(odd, weight, { ...windows, padding: [Math.floor(total[0] / 2), Math.floor(total[1] / 2)] }), bias);
}

/** The op; where the kernels have no room for the padding, it is made before. */
export function convolve(x: Tensor, weight: Tensor, windows: Windows): Tensor {
  if (bandFits(geometryOf("conv2d", x.shape, weight.shape, windows))) return apply(conv2dOp, [x, weight], windows);
  const [down, sideways] = windows.padding;
  return apply(
    conv2dOp,
    [
      pad(x, [
        [0, 0],
        [0, 0],
        [down, down],
        [sideways, sideways],
      ]),
      weight,
    ],
    { ...windows, padding: [0, 0] },
  );
}
