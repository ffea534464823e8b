/** Gradient of a convolution by its weights. */

import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import type { Shape } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { convolve } from "./conv2d.js";
import { conv2dInputGradient } from "./conv2dInputGradient.js";
import {
  bandFits,
  batchIntoChannels,
  checkConvolution,
  convolutionCases,
  convolutionFlops,
  forEachProduct,
  type Geometry,
  geometryOf,
  launchConvolution,
  operandCase,
  type Pair,
  requireCotangent,
  type Windows,
} from "./convolution.js";
import { pad } from "./pad.js";
import { reshape } from "./reshape.js";

/** `kernel`: height and width of the kernel. */
type Attrs = Windows & { readonly kernel: Pair };

const NAME = "conv2dWeightGradient";

function geometry(x: Shape, dy: Shape, { kernel, ...windows }: Attrs): Geometry {
  const result = geometryOf(NAME, x, [dy[1] as number, (x[1] as number) / windows.groups, ...kernel], windows);
  requireCotangent(NAME, dy, result);
  return result;
}

export const conv2dWeightGradientOp: Op<Attrs> = {
  name: NAME,
  tolerance: "reduction",
  infer([image, cotangent], attrs) {
    const [x, dy] = [image as Spec, cotangent as Spec];
    const found = geometry(x.shape, dy.shape, attrs);
    checkConvolution(NAME, [x, dy], undefined, found);
    if (x.bound?.name !== dy.bound?.name || x.bound?.times !== dy.bound?.times)
      throw new TetradError("UNSUPPORTED", { op: NAME, what: "images and cotangents must share their bounded axis" });
    return [{ shape: [found.filters, found.channels / found.groups, ...found.kernel], dtype: x.dtype }];
  },
  gradient({ inputs: [image, cotangent], dy: g, attrs: { kernel: _, ...windows } }) {
    const [x, dy] = [image as Tensor, cotangent as Tensor];
    return [conv2dInputGradient(dy, g, [x.shape[2] as number, x.shape[3] as number], windows), convolve(x, g, windows)];
  },
  reference([image, cotangent], attrs, [output]) {
    const [x, dy, dw] = [image as NdArray, cotangent as NdArray, ndZeros((output as Spec).shape, (output as Spec).dtype)];
    forEachProduct(geometry(x.shape, dy.shape, attrs), (at, from, tap) => {
      dw.data[tap] = (dw.data[tap] as number) + (dy.data[at] as number) * (x.data[from] as number);
    });
    return [dw];
  },
  flops: ([x, dy], _, attrs) => convolutionFlops(geometry((x as Spec).shape, (dy as Spec).shape, attrs)),
  cases: () =>
    convolutionCases().map(({ name, x, w, windows, output }) =>
      operandCase(name, [x, [x[0] as number, w[0] as number, ...output]], { ...windows, kernel: [w[2] as number, w[3] as number] }),
    ),
  lowering: {
    kind: "launch",
    launch(context, node, attrs) {
      const [x, dy] = node.inputs as readonly [Tensor, Tensor];
      const kernels = { dense: "conv2d_weight_gradient", depthwise: "depthwise2d_weight_gradient" } as const;
      launchConvolution(context, node, kernels, geometry(x.shape, dy.shape, attrs), x);
    },
  },
  bounded: true,
  batch([x, dy], [batchedX, batchedDy], attrs) {
    const batch = ((batchedX === true ? x : dy) as Tensor).shape[0] as number;
    const operands = [batchIntoChannels(x as Tensor, batchedX, batch), batchIntoChannels(dy as Tensor, batchedDy, batch)];
    const dw = apply(conv2dWeightGradientOp, operands, { ...attrs, groups: attrs.groups * batch });
    return [reshape(dw, [batch, (dw.shape[0] as number) / batch, ...dw.shape.slice(1)])];
  },
};

/** The cotangent of weights of size `kernel` whose convolution of `x` has the cotangent `dy`. */
export function conv2dWeightGradient(x: Tensor, dy: Tensor, kernel: Pair, windows: Windows): Tensor {
  const { stride, padding, dilation, groups } = windows;
  const attrs = { stride, padding, dilation, groups, kernel };
  if (bandFits(geometry(x.shape, dy.shape, attrs))) return apply(conv2dWeightGradientOp, [x, dy], attrs);
  const [down, sideways] = padding;
  const padded = pad(x, [
    [0, 0],
    [0, 0],
    [down, down],
    [sideways, sideways],
  ]);
  return apply(conv2dWeightGradientOp, [padded, dy], { ...attrs, padding: [0, 0] });
}
