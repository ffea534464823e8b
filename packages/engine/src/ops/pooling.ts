/** What the pooling ops share: options and their errors, the shape rule of PyTorch, windows for the references, words, and test cases. */

import { TetradError } from "../errors.js";
import type { Count, OpCase } from "../op.js";
import { formatShape, type Shape, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { type Pair, pair } from "./convolution.js";
import { liveCount } from "./strided.js";

export interface PoolOptions {
  /** Window of one number for both directions, or [down, across]. */
  readonly kernel: number | readonly number[];
  /** The kernel's extents unless told. */
  readonly stride?: number | readonly number[] | undefined;
  readonly padding?: number | readonly number[] | undefined;
  /** Windows that begin inside but end outside the padded image count too. */
  readonly ceilMode?: boolean | undefined;
}

export type PoolAttrs = {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
  readonly ceilMode: boolean;
  /** Averages divide by whole windows, zeros around the image included. */
  readonly countPadding: boolean;
};

export function poolAttrs(
  op: string,
  { kernel, stride = kernel, padding = 0, ceilMode = false }: PoolOptions,
  dilation: number | readonly number[] = 1,
  countPadding = true,
): PoolAttrs {
  const attrs = {
    kernel: pair(op, "kernel", kernel, 1),
    stride: pair(op, "stride", stride, 1),
    padding: pair(op, "padding", padding, 0),
    dilation: pair(op, "dilation", dilation, 1),
    ceilMode,
    countPadding,
  };
  if (attrs.padding.some((n, axis) => 2 * n > (attrs.kernel[axis] as number)))
    throw new TetradError("ARGUMENT", {
      op,
      what: "padding must be at most half of the kernel",
      got: `${attrs.padding.join(" × ")} for ${attrs.kernel.join(" × ")}`,
    });
  return attrs;
}

/** Rows and columns of windows; throws SHAPE where x is no (n, C, h, w) or holds none. */
export function pooledSize(op: string, x: Shape, { kernel, stride, padding, dilation, ceilMode }: PoolAttrs): Pair {
  const extent = (axis: 0 | 1): number => {
    const [size, step] = [x[axis + 2] as number, stride[axis]];
    const room = size + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1;
    const count = (ceilMode ? Math.ceil(room / step) : Math.floor(room / step)) + 1;
    // The last window begins inside the image or the zeros before it.
    return ceilMode && (count - 1) * step >= size + padding[axis] ? count - 1 : count;
  };
  const output: Pair = x.length === 4 ? [extent(0), extent(1)] : [0, 0];
  if (output[0] < 1 || output[1] < 1)
    throw new TetradError("SHAPE", {
      op,
      what: "no window fits into the image",
      got: `${formatShape(x)}, kernel ${kernel.join(" × ")}`,
      expected: "(n, C, h, w) that a window fits into",
    });
  return output;
}

export function pooledSpec(op: string, x: Spec, attrs: PoolAttrs): Spec {
  const output = pooledSize(op, x.shape, attrs);
  return { shape: [...x.shape.slice(0, 2), ...output], dtype: x.dtype, ...(x.bound && { bound: x.bound }) };
}

/** Visits each window: its flat index, the flat indices of what is inside in row-major order, and the divisor of its average. */
export function forEachWindow(
  x: Shape,
  output: Pair,
  attrs: PoolAttrs,
  visit: (window: number, inside: number[], divisor: number) => void,
): void {
  const [height, width] = x.slice(2) as [number, number];
  const { kernel, stride, padding, dilation, countPadding } = attrs;
  const planes = sizeOf(x.slice(0, 2));
  for (let plane = 0; plane < planes; plane++) {
    for (let r = 0; r < output[0]; r++) {
      for (let q = 0; q < output[1]; q++) {
        const [top, left] = [r * stride[0] - padding[0], q * stride[1] - padding[1]];
        const inside: number[] = [];
        for (let i = 0; i < kernel[0]; i++) {
          for (let j = 0; j < kernel[1]; j++) {
            const [h, w] = [top + i * dilation[0], left + j * dilation[1]];
            if (h >= 0 && h < height && w >= 0 && w < width) inside.push((plane * height + h) * width + w);
          }
        }
        const cut = (start: number, axis: 0 | 1, size: number) => Math.min(start + kernel[axis], size + padding[axis]) - start;
        visit((plane * output[0] + r) * output[1] + q, inside, countPadding ? cut(top, 0, height) * cut(left, 1, width) : inside.length);
      }
    }
  }
}

/** Words as assembly/convolution/window.ts reads them. */
export function windowWords(x: Tensor, output: Pair, { kernel, stride, padding, dilation, countPadding }: PoolAttrs): Count[] {
  const planes = sizeOf(x.shape.slice(0, 2));
  return [
    liveCount(planes, x.bound, x.shape[0] as number),
    ...[...x.shape.slice(2), ...output, ...kernel, ...stride, ...padding, ...dilation, Number(countPadding)],
  ];
}

/** Shapes and windows of the generated cases. */
export function poolingCases(dilated: boolean): { readonly name: string; readonly x: Shape; readonly attrs: PoolAttrs }[] {
  const attrs = (windows: Partial<PoolAttrs> = {}): PoolAttrs => ({
    kernel: [2, 2],
    stride: [2, 2],
    padding: [0, 0],
    dilation: [1, 1],
    ceilMode: false,
    countPadding: true,
    ...windows,
  });
  return [
    ...[2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65].map((n) => ({ name: `width ${n}`, x: [1, 2, 3, n], attrs: attrs() })),
    { name: "none", x: [0, 3, 4, 4], attrs: attrs() },
    { name: "one element", x: [1, 1, 1, 1], attrs: attrs({ kernel: [1, 1], stride: [1, 1] }) },
    { name: "overlap", x: [2, 3, 9, 7], attrs: attrs({ kernel: [3, 3], padding: [1, 1] }) },
    { name: "overlap, inside", x: [2, 3, 9, 7], attrs: attrs({ kernel: [3, 3], padding: [1, 1], countPadding: false }) },
    { name: "ceil", x: [2, 1, 9, 7], attrs: attrs({ ceilMode: true }) },
    { name: "ceil, padded", x: [1, 2, 8, 6], attrs: attrs({ kernel: [3, 2], stride: [3, 3], padding: [1, 1], ceilMode: true }) },
    {
      name: "ceil, inside",
      x: [1, 2, 8, 6],
      attrs: attrs({ kernel: [3, 2], stride: [3, 3], padding: [1, 1], ceilMode: true, countPadding: false }),
    },
    { name: "apart", x: [1, 3, 7, 8], attrs: attrs({ kernel: [2, 1], stride: [3, 2] }) },
    { name: "whole", x: [3, 5, 4, 6], attrs: attrs({ kernel: [4, 6], stride: [4, 6] }) },
    ...(dilated
      ? [{ name: "dilated", x: [2, 3, 9, 7], attrs: attrs({ kernel: [2, 3], stride: [1, 2], dilation: [2, 1], padding: [1, 1] }) }]
      : []),
  ];
}

export function poolCase(name: string, inputs: OpCase<PoolAttrs>["inputs"], attrs: PoolAttrs, kink = false): OpCase<PoolAttrs> {
  return { name, inputs, attrs, kink };
}
