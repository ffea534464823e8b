/** A bounded tensor as one of its full extent, zeros behind the live rows, and the way back: for what cannot follow a live length, such as a loop's body. */

import { byteSize } from "../dtype.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { type Shape, sizeOf } from "../shape.js";
import type { Bound, Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { liveCount } from "./strided.js";

type None = Record<never, never>;
/** Undefined in cases, whose graphs have no bounded axis. */
type Attrs = { readonly bound: Bound | undefined };

const caseShapes: readonly Shape[] = [[1], [7, 9], [65, 3, 5], [0, 3]];

export const fillBoundOp: Op<None> = {
  name: "fillBound",
  tolerance: "exact",
  infer: ([x]) => [{ shape: (x as Spec).shape, dtype: (x as Spec).dtype }],
  gradient: ({ inputs: [x], dy }) => {
    const { bound } = x as Tensor;
    return [bound === undefined ? dy : cutBound(dy, bound)];
  },
  reference([x], _, [output]) {
    const y = ndZeros((output as Spec).shape, (output as Spec).dtype);
    y.data.set((x as NdArray).data);
    return [y];
  },
  flops: () => 0,
  cases: () => caseShapes.map((shape) => ({ name: shape.join("x"), inputs: [{ shape }], attrs: {} })),
  lowering: {
    // Words: bytes per element, live elements, elements in all.
    kind: "launch",
    launch(context, node) {
      const [x] = node.inputs as readonly [Tensor];
      context.emit({
        kernel: "fill_bound",
        dtype: undefined,
        outputs: node.outputs,
        inputs: [context.contiguous(x)],
        scalars: [byteSize(x.dtype), liveCount(x.size, x.bound, x.shape[0] ?? 1), x.size],
        flops: 0,
      });
    },
  },
  bounded: true,
  batch: ([x]) => [apply(fillBoundOp, [x as Tensor], {})],
};

export const cutBoundOp: Op<Attrs> = {
  name: "cutBound",
  tolerance: "exact",
  infer: ([x], { bound }) => [{ shape: (x as Spec).shape, dtype: (x as Spec).dtype, ...(bound && { bound }) }],
  gradient: ({ dy }) => [apply(fillBoundOp, [dy], {})],
  reference([x], _, [output]) {
    const { shape, dtype } = output as Spec;
    return [{ shape, dtype, data: (x as NdArray).data.slice(0, sizeOf(shape)) }];
  },
  flops: () => 0,
  cases: () => caseShapes.map((shape) => ({ name: shape.join("x"), inputs: [{ shape }], attrs: { bound: undefined } })),
  lowering: { kind: "view", view: (input) => input },
  bounded: true,
};

/** `x` without its bounded axis: rows beyond the live ones are zero, whatever they held. `x` itself when it has none. */
export function fillBound(x: Tensor): Tensor {
  return x.bound === undefined ? x : apply(fillBoundOp, [x], {});
}

/** `x` with its axis 0 declared as bounded: rows beyond the live ones are never read again, and get gradients of zero. */
export function cutBound(x: Tensor, bound: Bound): Tensor {
  return apply(cutBoundOp, [x], { bound });
}
