/** Largest element of windows. */

import { type FloatDType, requireFloat } from "../dtype.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { maxPool2dBackward } from "./maxPool2dBackward.js";
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

/** Outputs: the maxima, and the flat place of each in its plane (i32), which the gradient goes to. */
export const maxPool2dOp: Op<PoolAttrs> = {
  name: "maxPool2d",
  tolerance: "exact",
  infer([input], attrs) {
    const x = input as Spec;
    requireFloat("maxPool2d", x.dtype);
    const y = pooledSpec("maxPool2d", x, attrs);
    return [y, { ...y, dtype: "i32" }];
  },
  gradient({ inputs: [x], outputs: [, places], dys: [dy] }) {
    const [height, width] = (x as Tensor).shape.slice(2) as [number, number];
    return [dy === undefined ? undefined : maxPool2dBackward(dy, places as Tensor, [height, width])];
  },
  reference([input], attrs, [output]) {
    const x = input as NdArray;
    const [y, places] = [ndZeros((output as Spec).shape, x.dtype), ndZeros((output as Spec).shape, "i32")];
    const area = sizeOf(x.shape.slice(2));
    forEachWindow(x.shape, pooledSize("maxPool2d", x.shape, attrs), attrs, (window, inside) => {
      let [best, place] = [Number.NEGATIVE_INFINITY, inside[0] as number];
      for (const at of inside) {
        const candidate = x.data[at] as number;
        if (candidate > best || Number.isNaN(candidate)) [best, place] = [candidate, at];
      }
      y.data[window] = best;
      places.data[window] = place % area;
    });
    return [y, places];
  },
  flops: (_, [y], { kernel }) => kernel[0] * kernel[1] * sizeOf((y as Spec).shape),
  cases: () => [
    ...poolingCases(true).map(({ name, x, attrs }) => poolCase(name, [{ shape: x }], attrs, true)),
    poolCase("equals", [{ shape: [1, 1, 2, 4], values: [1, 3, 2, 2, 3, 3, 2, 2] }], poolAttrs("maxPool2d", { kernel: 2 }), true),
    poolCase(
      "NaN and infinities",
      [
        {
          shape: [1, 1, 2, 6],
          values: [1, Number.NaN, -Infinity, -Infinity, Infinity, 3, Number.NaN, 5, -Infinity, -Infinity, 2, Number.NaN],
          frozen: true,
        },
      ],
      poolAttrs("maxPool2d", { kernel: 2 }),
    ),
  ],
  lowering: {
    kind: "launch",
    launch(context, node, attrs) {
      const x = node.inputs[0] as Tensor;
      const y = node.outputs[0] as Tensor;
      context.emit({
        kernel: "max_pool2d",
        dtype: x.dtype as FloatDType,
        outputs: node.outputs,
        inputs: [context.contiguous(x)],
        scalars: windowWords(x, pooledSize("maxPool2d", x.shape, attrs), attrs),
        flops: attrs.kernel[0] * attrs.kernel[1] * y.size,
      });
    },
  },
  bounded: true,
  batch([input], _, attrs) {
    const [batch, n, ...rest] = (input as Tensor).shape as readonly [number, number, ...number[]];
    const outputs = applyAll(maxPool2dOp, [reshape(input as Tensor, [batch * n, ...rest])], attrs);
    return outputs.map((y) => reshape(y, [batch, n, ...y.shape.slice(1)]));
  },
};

export interface MaxPool2dOptions extends PoolOptions {
  readonly dilation?: number | readonly number[] | undefined;
}

/**
 * torch.nn.functional.max_pool2d. The gradient goes to the first of equal maxima; padding never wins; NaN does.
 * @param x images (n, C, h, w)
 * @returns (n, C, ho, wo), ho = ⌊(h + 2·padding − dilation·(k − 1) − 1) / stride⌋ + 1, or ⌈…⌉ + 1 with `ceilMode`
 * @throws TetradError ARGUMENT for bad options, SHAPE where no window fits
 */
export function maxPool2d(x: Tensor, options: MaxPool2dOptions): Tensor {
  return maxPool2dWithIndices(x, options).values;
}

/** As maxPool2d, with the flat place of each maximum in its plane (i32). */
export function maxPool2dWithIndices(x: Tensor, options: MaxPool2dOptions): { values: Tensor; indices: Tensor } {
  const [values, indices] = applyAll(maxPool2dOp, [x], poolAttrs("maxPool2d", options, options.dilation)) as readonly [Tensor, Tensor];
  return { values, indices };
}
