/** Gradient of average pooling: each cotangent shared out over its window. */

import type { FloatDType } from "../dtype.js";
import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { formatShape, sameShape, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { avgPool2dOp } from "./avgPool2d.js";
import type { Pair } from "./convolution.js";
import { forEachWindow, type PoolAttrs, pooledSize, poolingCases, windowWords } from "./pooling.js";
import { reshape } from "./reshape.js";

/** `size`: height and width of the planes that were pooled. */
type Attrs = PoolAttrs & { readonly size: Pair };

export const avgPool2dBackwardOp: Op<Attrs> = {
  name: "avgPool2dBackward",
  tolerance: "reduction",
  infer([cotangent], attrs) {
    const dy = cotangent as Spec;
    const shape = [...dy.shape.slice(0, 2), ...attrs.size];
    const expected = [...dy.shape.slice(0, 2), ...pooledSize("avgPool2dBackward", shape, attrs)];
    if (!sameShape(dy.shape, expected))
      throw new TetradError("SHAPE", {
        op: "avgPool2dBackward",
        what: "dy is not what pooling such planes gives",
        got: formatShape(dy.shape),
        expected: formatShape(expected),
      });
    return [{ shape, dtype: dy.dtype, ...(dy.bound && { bound: dy.bound }) }];
  },
  gradient: ({ dy: g, attrs: { size: _, ...attrs } }) => [apply(avgPool2dOp, [g], attrs)],
  reference([cotangent], attrs, [output]) {
    const dy = cotangent as NdArray;
    const dx = ndZeros((output as Spec).shape, dy.dtype);
    forEachWindow(dx.shape, dy.shape.slice(2) as [number, number], attrs, (window, inside, divisor) => {
      for (const at of inside) dx.data[at] = (dx.data[at] as number) + (dy.data[window] as number) / divisor;
    });
    return [dx];
  },
  flops: ([dy], _, { kernel }) => kernel[0] * kernel[1] * sizeOf((dy as Spec).shape),
  cases: () =>
    poolingCases(false).map(({ name, x, attrs }) => ({
      name,
      inputs: [{ shape: [...x.slice(0, 2), ...pooledSize("case", x, attrs)] }],
      attrs: { ...attrs, size: x.slice(2) as unknown as Pair },
    })),
  lowering: {
    kind: "launch",
    launch(context, node, attrs) {
      const dy = node.inputs[0] as Tensor;
      const dx = node.outputs[0] as Tensor;
      context.emit({
        kernel: "avg_pool2d_backward",
        dtype: dy.dtype as FloatDType,
        outputs: [dx],
        inputs: [context.contiguous(dy)],
        scalars: windowWords(dx, dy.shape.slice(2) as [number, number], attrs),
        flops: attrs.kernel[0] * attrs.kernel[1] * dy.size,
      });
    },
  },
  bounded: true,
  batch([cotangent], _, attrs) {
    const [batch, n, ...rest] = (cotangent as Tensor).shape as readonly [number, number, ...number[]];
    const dx = apply(avgPool2dBackwardOp, [reshape(cotangent as Tensor, [batch * n, ...rest])], attrs);
    return [reshape(dx, [batch, n, ...dx.shape.slice(1)])];
  },
};

/** The cotangent of planes of `size` whose means have the cotangents `dy`. */
export function avgPool2dBackward(dy: Tensor, size: Pair, attrs: PoolAttrs): Tensor {
  return apply(avgPool2dBackwardOp, [dy], { ...attrs, size });
}
