/** Gradient of a convolution by its image, which is the transposed convolution. */

import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import type { Shape } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { convolve } from "./conv2d.js";
import { conv2dWeightGradient } from "./conv2dWeightGradient.js";
import {
  batchIntoChannels,
  batchIntoFilters,
  channelsIntoBatch,
  checkConvolution,
  convolutionCases,
  convolutionFlops,
  foldImages,
  forEachProduct,
  type Geometry,
  geometryOf,
  launchConvolution,
  operandCase,
  type Pair,
  requireCotangent,
  type Windows,
} from "./convolution.js";

/** `size`: height and width of the image. */
type Attrs = Windows & { readonly size: Pair };

const NAME = "conv2dInputGradient";

function geometry(dy: Shape, w: Shape, { size, ...windows }: Attrs): Geometry {
  const image = [dy[0] as number, (w[1] as number) * windows.groups, ...size];
  const result = geometryOf(NAME, image, w, windows);
  requireCotangent(NAME, dy, result);
  return result;
}

export const conv2dInputGradientOp: Op<Attrs> = {
  name: NAME,
  tolerance: "reduction",
  infer([cotangent, weights], attrs) {
    const [dy, w] = [cotangent as Spec, weights as Spec];
    const found = geometry(dy.shape, w.shape, attrs);
    // Nothing is padded here: taps outside the image are left out.
    checkConvolution(NAME, [dy, w], w, { ...found, padding: [0, 0] });
    return [{ shape: [found.images, found.channels, ...found.size], dtype: dy.dtype, ...(dy.bound && { bound: dy.bound }) }];
  },
  gradient({ inputs: [cotangent, weights], dy: g, attrs: { size: _, ...windows } }) {
    const w = weights as Tensor;
    return [convolve(g, w, windows), conv2dWeightGradient(g, cotangent as Tensor, [w.shape[2] as number, w.shape[3] as number], windows)];
  },
  reference([cotangent, weights], attrs, [output]) {
    const [dy, w, dx] = [cotangent as NdArray, weights as NdArray, ndZeros((output as Spec).shape, (output as Spec).dtype)];
    forEachProduct(geometry(dy.shape, w.shape, attrs), (from, to, tap) => {
      dx.data[to] = (dx.data[to] as number) + (dy.data[from] as number) * (w.data[tap] as number);
    });
    return [dx];
  },
  flops: ([dy, w], _, attrs) => convolutionFlops(geometry((dy as Spec).shape, (w as Spec).shape, attrs)),
  cases: () =>
    convolutionCases().map(({ name, x, w, windows, output }) =>
      operandCase(name, [[x[0] as number, w[0] as number, ...output], w], { ...windows, size: [x[2] as number, x[3] as number] }),
    ),
  lowering: {
    kind: "launch",
    launch(context, node, attrs) {
      const [dy, w] = node.inputs as readonly [Tensor, Tensor];
      const kernels = { dense: "conv2d_input_gradient", depthwise: "depthwise2d_input_gradient" } as const;
      launchConvolution(context, node, kernels, geometry(dy.shape, w.shape, attrs), dy);
    },
  },
  bounded: true,
  batch([dy, w], [batchedDy, batchedW], attrs) {
    if (batchedW !== true) return [foldImages(conv2dInputGradientOp, [dy as Tensor, w as Tensor], 0, attrs)];
    const batch = (w as Tensor).shape[0] as number;
    const operands = [batchIntoChannels(dy as Tensor, batchedDy, batch), batchIntoFilters(w as Tensor, batchedW, batch)];
    return [channelsIntoBatch(apply(conv2dInputGradientOp, operands, { ...attrs, groups: attrs.groups * batch }), batch)];
  },
};

/** The cotangent of an image of `size` whose convolution by `weight` has the cotangent `dy`. */
export function conv2dInputGradient(dy: Tensor, weight: Tensor, size: Pair, windows: Windows): Tensor {
  const { stride, padding, dilation, groups } = windows;
  return apply(conv2dInputGradientOp, [dy, weight], { stride, padding, dilation, groups, size });
}
