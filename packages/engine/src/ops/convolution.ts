/** What convolution, its two gradients and the transposed convolution share: geometry, errors, the float64 loop, launches and test cases. */

import type { BaseKernel } from "@tetrad/kernels-wasm";
import { type FloatDType, isFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import type { LaunchContext, OpCase } from "../op.js";
import { formatShape, type Shape, sameShape } from "../shape.js";
import type { Node, Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { add } from "./add.js";
import { broadcastTo } from "./broadcastTo.js";
import { reshape } from "./reshape.js";
import { liveCount } from "./strided.js";
import { swapAxes } from "./transpose.js";

/** Down and across. */
export type Pair = readonly [number, number];

/** How windows lie: in elements, vertical first. */
export type Windows = { readonly stride: Pair; readonly padding: Pair; readonly dilation: Pair; readonly groups: number };

/** Every extent of a convolution y = w ∗ x. */
export interface Geometry extends Windows {
  readonly images: number;
  readonly channels: number;
  readonly size: Pair;
  readonly filters: number;
  readonly kernel: Pair;
  readonly output: Pair;
}

/** Bytes of scratch for a zero-padded band (assembly/convolution/geometry.ts). */
const BAND_BYTES = 480 << 10;
/** Taps of a depthwise kernel, whose offsets are in one table there. */
const MOST_TAPS = 2048;

/** One number for both directions, or one for each. */
export function pair(op: string, name: string, value: number | readonly number[], least: number): Pair {
  const list = typeof value === "number" ? [value, value] : value;
  if (list.length !== 2 || !list.every((n) => Number.isInteger(n) && n >= least)) {
    throw new TetradError("ARGUMENT", {
      op,
      what: `${name} must be an integer of at least ${least}, or a pair of them`,
      got: JSON.stringify(value),
    });
  }
  return [list[0] as number, list[1] as number];
}

/** The pair for the one direction of a 1-D op, which is a 2-D op of height 1. */
export function across(op: string, name: string, value: number | readonly number[], least: number, down: number): Pair {
  const [n] = typeof value === "number" ? [value] : value;
  return [down, pair(op, name, n ?? Number.NaN, least)[1]];
}

/** Extents of a convolution whose image is `x` and whose weights are `w`; throws SHAPE when they do not fit. */
export function geometryOf(op: string, x: Shape, w: Shape, windows: Windows): Geometry {
  const { stride, padding, dilation, groups } = windows;
  const [images, channels, height, width] = x as readonly [number, number, number, number];
  const [filters, own, kh, kw] = w as readonly [number, number, number, number];
  if (x.length !== 4 || w.length !== 4 || channels !== own * groups || filters % groups !== 0 || filters * own * kh * kw === 0) {
    throw new TetradError("SHAPE", {
      op,
      what: "weights do not fit the channels",
      got: `image ${formatShape(x)}, weights ${formatShape(w)}, ${groups} group${groups === 1 ? "" : "s"}`,
      expected: "image (n, C, h, w) and weights (O, C/groups, kh, kw), groups dividing C and O",
    });
  }
  const extent = (size: number, axis: 0 | 1, kernel: number) =>
    Math.floor((size + 2 * padding[axis] - (dilation[axis] * (kernel - 1) + 1)) / stride[axis]) + 1;
  const output: Pair = [extent(height, 0, kh), extent(width, 1, kw)];
  if (output[0] < 1 || output[1] < 1) {
    throw new TetradError("SHAPE", {
      op,
      what: "the kernel reaches beyond the padded image",
      got: `image ${formatShape(x)}, kernel ${kh} × ${kw}, dilation ${dilation.join(" × ")}, padding ${padding.join(" × ")}`,
    });
  }
  return { ...windows, images, channels, size: [height, width], filters, kernel: [kh, kw], output };
}

/** Throws SHAPE unless `dy` has the shape of the convolution's result. */
export function requireCotangent(op: string, dy: Shape, { images, filters, output }: Geometry): void {
  const expected = [images, filters, ...output];
  if (!sameShape(dy, expected))
    throw new TetradError("SHAPE", {
      op,
      what: "dy is not what the convolution of such an image gives",
      got: formatShape(dy),
      expected: formatShape(expected),
    });
}

/** Whether the kernels have room for the zeros around what a vector of outputs looks at; if not, pad first. */
export function bandFits({ padding, kernel, stride, dilation, channels, groups }: Geometry): boolean {
  if (padding[0] === 0 && padding[1] === 0) return true;
  const taps = kernel[0] * kernel[1];
  const deep = Math.min(channels / groups, Math.floor((8 + taps - 2) / taps) + 1);
  const rows = (kernel[0] - 1) * dilation[0] + 1;
  const columns = 7 * stride[1] + (kernel[1] - 1) * dilation[1] + 1;
  return deep * rows * columns * 8 <= BAND_BYTES;
}

/** Refuses operands of unlike or integer types, weights on a bounded axis, and padding that the kernels have no room for. */
export function checkConvolution(op: string, operands: readonly Spec[], weights: Spec | undefined, geometry: Geometry): void {
  const [first] = operands as readonly [Spec];
  if (!isFloat(first.dtype) || operands.some(({ dtype }) => dtype !== first.dtype)) {
    throw new TetradError("DTYPE", {
      op,
      what: "needs floating-point operands of one type",
      got: operands.map(({ dtype }) => dtype).join(" and "),
      hint: "cast one of them",
    });
  }
  if (weights?.bound !== undefined)
    throw new TetradError("UNSUPPORTED", { op, what: `weights on the bounded axis "${weights.bound.name}"` });
  if (!bandFits(geometry))
    throw new TetradError("UNSUPPORTED", {
      op,
      what: "a kernel that reaches so far over its padding",
      got: `kernel ${geometry.kernel.join(" × ")}, dilation ${geometry.dilation.join(" × ")}, padding ${geometry.padding.join(" × ")}`,
      hint: "pad the image first",
    });
}

/** Visits every product of a convolution by the flat indices of y, x and w; upwards in y, then in channels and taps. */
export function forEachProduct(g: Geometry, visit: (y: number, x: number, w: number) => void): void {
  const { images, channels, filters, groups, stride, padding, dilation } = g;
  const [height, width] = g.size;
  const [kh, kw] = g.kernel;
  const [ho, wo] = g.output;
  const [own, perGroup] = [channels / groups, filters / groups];
  for (let n = 0; n < images; n++) {
    for (let o = 0; o < filters; o++) {
      const first = n * channels + Math.floor(o / perGroup) * own;
      for (let r = 0; r < ho; r++) {
        for (let q = 0; q < wo; q++) {
          const y = ((n * filters + o) * ho + r) * wo + q;
          for (let c = 0; c < own; c++) {
            for (let i = 0; i < kh; i++) {
              const h = r * stride[0] + i * dilation[0] - padding[0];
              if (h < 0 || h >= height) continue;
              for (let j = 0; j < kw; j++) {
                const w = q * stride[1] + j * dilation[1] - padding[1];
                if (w >= 0 && w < width) visit(y, ((first + c) * height + h) * width + w, ((o * own + c) * kh + i) * kw + j);
              }
            }
          }
        }
      }
    }
  }
}

export function convolutionFlops({ images, channels, groups, filters, kernel, output }: Geometry): number {
  return 2 * images * filters * output[0] * output[1] * (channels / groups) * kernel[0] * kernel[1];
}

export interface Kernels {
  readonly dense: BaseKernel;
  readonly depthwise: BaseKernel;
}

/** One launch; words as assembly/convolution/geometry.ts reads them. `batched` is the operand whose axis 0 is the images. */
export function launchConvolution(context: LaunchContext, node: Node, kernels: Kernels, geometry: Geometry, batched: Tensor): void {
  const { channels, filters, groups, size, output, kernel, stride, padding, dilation, images } = geometry;
  const y = node.outputs[0] as Tensor;
  const depthwise = groups === channels && groups === filters && kernel[0] * kernel[1] <= MOST_TAPS;
  context.emit({
    kernel: depthwise ? kernels.depthwise : kernels.dense,
    dtype: y.dtype as FloatDType,
    outputs: [y],
    inputs: node.inputs.map((input) => context.contiguous(input)),
    scalars: [
      0,
      0,
      liveCount(images, batched.bound, images),
      ...[channels, ...size, filters, ...output, ...kernel, ...stride, ...padding, ...dilation, groups],
    ],
    flops: convolutionFlops(geometry),
  });
}

/** The leading axis of `x` (batch, n, C, …) moved into its channels: (n, batch · C, …); an `x` that has none is repeated. */
export function batchIntoChannels(x: Tensor, batched: boolean | undefined, batch: number): Tensor {
  const all = batched === true ? x : broadcastTo(x, [batch, ...x.shape]);
  const swapped = swapAxes(all, 0, 1);
  const [n, b, c, ...rest] = swapped.shape as readonly [number, number, number, ...number[]];
  return reshape(swapped, [n, b * c, ...rest]);
}

/** The reverse of `batchIntoChannels`. */
export function channelsIntoBatch(y: Tensor, batch: number): Tensor {
  const [n, c, ...rest] = y.shape as readonly [number, number, ...number[]];
  return swapAxes(reshape(y, [n, batch, c / batch, ...rest]), 0, 1);
}

/** The leading axis of weights (batch, O, …) moved into the filters. */
export function batchIntoFilters(w: Tensor, batched: boolean | undefined, batch: number): Tensor {
  const all = batched === true ? w : broadcastTo(w, [batch, ...w.shape]);
  const [b, o, ...rest] = all.shape as readonly [number, number, ...number[]];
  return reshape(all, [b * o, ...rest]);
}

/** A bias per channel, added to (n, C, …). */
export function addBias(y: Tensor, bias: Tensor | undefined): Tensor {
  return bias === undefined ? y : add(y, reshape(bias, [bias.size, ...new Array<number>(y.rank - 2).fill(1)]));
}

/** One geometry of the generated cases. */
export interface ConvolutionCase {
  readonly name: string;
  readonly x: Shape;
  readonly w: Shape;
  readonly windows: Windows;
  readonly output: Pair;
}

export const UNIT_WINDOWS: Windows = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 };

/** Geometries where packing, panels and threads go wrong; small, since every op of the three runs them with both gradients. */
export function convolutionCases(): ConvolutionCase[] {
  const cases: ConvolutionCase[] = [];
  const push = (name: string, x: Shape, w: Shape, windows: Partial<Windows> = {}) => {
    const all = { ...UNIT_WINDOWS, ...windows };
    cases.push({ name, x, w, windows: all, output: geometryOf("case", x, w, all).output });
  };
  // Widths of rows around vectors and panels, so that panels hold parts of two rows and more.
  for (const width of [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33])
    push(`width ${width}`, [1, 2, 3, width], [2, 2, 3, 1], { padding: [1, 0] });
  for (const width of [3, 4, 6, 7, 9, 10, 14, 17]) push(`padded ${width}`, [2, 2, 4, width], [3, 2, 3, 3], { padding: [1, 1] });
  for (const filters of [1, 2, 5, 6, 7, 13]) push(`filters ${filters}`, [1, 3, 5, 5], [filters, 3, 2, 2]);
  push("smallest", [1, 1, 1, 1], [1, 1, 1, 1]);
  push("no image", [0, 2, 4, 4], [3, 2, 3, 3]);
  push("pointwise", [3, 5, 4, 7], [7, 5, 1, 1]);
  push("whole image", [3, 2, 4, 5], [3, 2, 4, 5]);
  push("only padding", [1, 1, 1, 2], [2, 1, 2, 2], { padding: [3, 2] });
  for (const stride of [2, 3] as const) {
    push(`stride ${stride}`, [2, 2, 9, 8], [3, 2, 3, 2], { stride: [stride, stride] });
    push(`stride ${stride}, padded`, [1, 2, 9, 11], [3, 2, 3, 3], { stride: [stride, stride], padding: [1, 1] });
  }
  push("stride down", [2, 2, 9, 9], [2, 2, 3, 3], { stride: [2, 1], padding: [1, 1] });
  push("dilated", [1, 3, 11, 9], [4, 3, 3, 2], { dilation: [2, 3] });
  push("groups", [2, 6, 5, 6], [4, 3, 3, 3], { groups: 2, padding: [1, 1] });
  push("more groups", [2, 8, 4, 5], [8, 2, 2, 2], { groups: 4 });
  push("depthwise", [2, 5, 7, 9], [5, 1, 3, 3], { groups: 5, padding: [1, 1] });
  push("depthwise, apart", [2, 3, 9, 8], [3, 1, 3, 2], { groups: 3, padding: [1, 0], stride: [2, 3], dilation: [1, 2] });
  push("depthwise, every other", [1, 2, 9, 41], [2, 1, 3, 3], { groups: 2, padding: [1, 1], stride: [2, 2] });
  push("depthwise, wide", [1, 2, 5, 71], [2, 1, 3, 4], { groups: 2, padding: [2, 2] });
  push("depthwise, more padding than kernel", [1, 2, 3, 5], [2, 1, 2, 2], { groups: 2, padding: [2, 3] });
  push("depthwise twice", [2, 3, 5, 5], [6, 1, 3, 3], { groups: 3 });
  push("all", [2, 6, 11, 9], [4, 3, 3, 2], { stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 2 });
  // More than KC channels and taps, and more than 64 outputs.
  push("deep", [2, 33, 5, 5], [7, 33, 3, 3], { padding: [1, 1] });
  push("long", [1, 1, 1, 1300], [3, 1, 1, 5], { padding: [0, 2] });
  push("wide", [1, 2, 3, 300], [2, 2, 3, 3], { padding: [1, 1] });
  push("many images", [13, 2, 3, 3], [3, 2, 2, 2]);
  push("many images, padded", [17, 2, 3, 3], [3, 2, 3, 3], { padding: [1, 1] });
  return cases;
}

/** A case of one of the three ops: shapes of its operands, its attributes, and an operand that arrives transposed. */
export function operandCase<A extends Windows>(name: string, shapes: readonly Shape[], attrs: A, transposed?: number): OpCase<A> {
  return { name, inputs: shapes.map((shape, i) => ({ shape, ...(i === transposed && { transposed: true }) })), attrs };
}

/** `apply` for an op whose images all carry the same leading axis: it joins the images. */
export function foldImages(op: Parameters<typeof apply>[0], inputs: readonly Tensor[], at: number, attrs: Windows): Tensor {
  const x = inputs[at] as Tensor;
  const [batch, n, ...rest] = x.shape as readonly [number, number, ...number[]];
  const y = apply(
    op,
    inputs.map((input, i) => (i === at ? reshape(x, [batch * n, ...rest]) : input)),
    attrs,
  );
  return reshape(y, [batch, n, ...y.shape.slice(1)]);
}
