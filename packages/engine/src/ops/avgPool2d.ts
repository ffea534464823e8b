/** Mean of windows. */

import { type FloatDType, requireFloat } from "../dtype.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { avgPool2dBackward } from "./avgPool2dBackward.js";
import {
  forEachWindow,
  type PoolAttrs,
  type PoolOptions,
  poolAttrs,
  poolCase,
  pooledSize,
  pooledSpec,
  poolingCases,
  windowWords,
} from "./pooling.js";
import { reshape } from "./reshape.js";

export const avgPool2dOp: Op<PoolAttrs> = {
  name: "avgPool2d",
  tolerance: "reduction",
  infer([input], attrs) {
    const x = input as Spec;
    requireFloat("avgPool2d", x.dtype);
    return [pooledSpec("avgPool2d", x, attrs)];
  },
  gradient: ({ inputs: [x], dy, attrs }) => [avgPool2dBackward(dy, (x as Tensor).shape.slice(2) as [number, number], attrs)],
  reference([input], attrs, [output]) {
    const x = input as NdArray;
    const y = ndZeros((output as Spec).shape, x.dtype);
    forEachWindow(x.shape, pooledSize("avgPool2d", x.shape, attrs), attrs, (window, inside, divisor) => {
      y.data[window] = inside.reduce((total, at) => total + (x.data[at] as number), 0) / divisor;
    });
    return [y];
  },
  flops: (_, [y], { kernel }) => kernel[0] * kernel[1] * sizeOf((y as Spec).shape),
  cases: () => poolingCases(false).map(({ name, x, attrs }) => poolCase(name, [{ shape: x }], attrs)),
  lowering: {
    kind: "launch",
    launch(context, node, attrs) {
      const x = node.inputs[0] as Tensor;
      const y = node.outputs[0] as Tensor;
      context.emit({
        kernel: "avg_pool2d",
        dtype: x.dtype as FloatDType,
        outputs: [y],
        inputs: [context.contiguous(x)],
        scalars: windowWords(x, pooledSize("avgPool2d", x.shape, attrs), attrs),
        flops: attrs.kernel[0] * attrs.kernel[1] * y.size,
      });
    },
  },
  bounded: true,
  batch([input], _, attrs) {
    const [batch, n, ...rest] = (input as Tensor).shape as readonly [number, number, ...number[]];
    const y = apply(avgPool2dOp, [reshape(input as Tensor, [batch * n, ...rest])], attrs);
    return [reshape(y, [batch, n, ...y.shape.slice(1)])];
  },
};

export interface AvgPool2dOptions extends PoolOptions {
  /** Divide by whole windows, zeros around the image included; true unless told. */
  readonly countIncludePad?: boolean | undefined;
}

/**
 * torch.nn.functional.avg_pool2d. Windows that `ceilMode` lets end outside the padded image are divided by what lies within it.
 * @param x images (n, C, h, w)
 * @throws TetradError ARGUMENT for bad options, SHAPE where no window fits
 */
export function avgPool2d(x: Tensor, options: AvgPool2dOptions): Tensor {
  return apply(avgPool2dOp, [x], poolAttrs("avgPool2d", options, 1, options.countIncludePad));
}
