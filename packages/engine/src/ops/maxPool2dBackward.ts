/** Gradient of max pooling: each cotangent added to the place that won. */

import type { FloatDType } from "../dtype.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op, OpCase } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import type { Pair } from "./convolution.js";
import { gather } from "./gather.js";
import { caseIndices } from "./indices.js";
import { reshape } from "./reshape.js";
import { batchAll } from "./rows.js";
import { liveCount } from "./strided.js";

/** `size`: height and width of the planes that were pooled. */
type Attrs = { readonly size: Pair };

/** Inputs: dy (n, C, ho, wo) and places (n, C, ho, wo), flat in each plane. */
export const maxPool2dBackwardOp: Op<Attrs> = {
  name: "maxPool2dBackward",
  tolerance: "reduction",
  infer([cotangent], { size }) {
    const dy = cotangent as Spec;
    return [{ shape: [...dy.shape.slice(0, 2), ...size], dtype: dy.dtype, ...(dy.bound && { bound: dy.bound }) }];
  },
  gradient({ inputs: [cotangent, places], dy: g, attrs: { size } }) {
    const { shape } = cotangent as Tensor;
    const flat = (x: Tensor, extent: number) => reshape(x, [...shape.slice(0, 2), extent]);
    const outputs = sizeOf(shape.slice(2));
    return [reshape(gather(flat(g, size[0] * size[1]), flat(places as Tensor, outputs), 2), shape), undefined];
  },
  reference([cotangent, indices], { size }, [output]) {
    const [dy, places] = [cotangent as NdArray, indices as NdArray];
    const dx = ndZeros((output as Spec).shape, dy.dtype);
    const [area, outputs] = [size[0] * size[1], sizeOf(dy.shape.slice(2))];
    dy.data.forEach((value, i) => {
      const at = Math.floor(i / outputs) * area + (places.data[i] as number);
      dx.data[at] = (dx.data[at] as number) + value;
    });
    return [dx];
  },
  flops: ([dy]) => sizeOf((dy as Spec).shape),
  cases: () =>
    [0, 1, 3, 7, 8, 17].map(
      (n): OpCase<Attrs> => ({
        name: `width ${n}`,
        inputs: [{ shape: [2, 3, 2, n] }, { shape: [2, 3, 2, n], dtype: "i32", values: caseIndices(12 * n, 35), frozen: true }],
        attrs: { size: [5, 7] },
      }),
    ),
  lowering: {
    // Words: planes, elements of a plane, outputs of a plane.
    kind: "launch",
    launch(context, node, { size }) {
      const [dy, places] = node.inputs as readonly [Tensor, Tensor];
      context.emit({
        kernel: "max_pool2d_backward",
        dtype: dy.dtype as FloatDType,
        outputs: node.outputs,
        inputs: [context.contiguous(places), context.contiguous(dy)],
        scalars: [liveCount(sizeOf(dy.shape.slice(0, 2)), dy.bound, dy.shape[0] as number), size[0] * size[1], sizeOf(dy.shape.slice(2))],
        flops: dy.size,
      });
    },
  },
  bounded: true,
  batch([dy, places], [batchedDy, batchedPlaces], attrs) {
    const all = batchAll([dy, places] as Tensor[], [batchedDy === true, batchedPlaces === true]);
    const [batch, n, ...rest] = (all[0] as Tensor).shape as readonly [number, number, ...number[]];
    const dx = apply(
      maxPool2dBackwardOp,
      all.map((x) => reshape(x, [batch * n, ...rest])),
      attrs,
    );
    return [reshape(dx, [batch, n, ...dx.shape.slice(1)])];
  },
};

/** The cotangent of planes of `size` whose maxima, found at `places`, have the cotangents `dy`. */
export function maxPool2dBackward(dy: Tensor, places: Tensor, size: Pair): Tensor {
  return apply(maxPool2dBackwardOp, [dy, places], { size });
}
