/** Repeats axes of extent one (and missing leading axes) by reading with stride zero. */

import { TetradError } from "../errors.js";
import { ndMap } from "../nd.js";
import type { Op } from "../op.js";
import { broadcastStrides, formatShape, type Shape, sameShape, tryBroadcast } from "../shape.js";
import type { Bound, Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { reshape } from "./reshape.js";

type Attrs = { readonly shape: Shape; readonly bound?: Bound };

export const broadcastToOp: Op<Attrs> = {
  name: "broadcastTo",
  tolerance: "exact",
  infer([input], { shape, bound }) {
    const x = input as Spec;
    const joint = tryBroadcast([x.shape, shape]);
    if (joint === undefined || !sameShape(joint, shape)) {
      throw new TetradError("SHAPE", {
        op: "broadcastTo",
        what: "cannot broadcast",
        got: formatShape(x.shape),
        expected: `axes equal to those of ${formatShape(shape)}, or 1`,
      });
    }
    const full = x.shape.length === shape.length;
    const kept = full && x.bound !== undefined ? x.bound : full && x.shape[0] !== 1 ? undefined : bound;
    return [{ shape, dtype: x.dtype, ...(kept && { bound: kept }) }];
  },
  // The cotangent has the broadcast shape; autodiff sums it back to the input's own.
  gradient: ({ dy }) => [dy],
  reference: ([x], _, [output]) => [ndMap((v = 0) => v, [x as NonNullable<typeof x>], (output as Spec).shape, (output as Spec).dtype)],
  flops: () => 0,
  cases: () => [
    { name: "rows", inputs: [{ shape: [7] }], attrs: { shape: [3, 7] } },
    { name: "columns", inputs: [{ shape: [9, 1] }], attrs: { shape: [9, 17] } },
    { name: "scalar", inputs: [{ shape: [] }], attrs: { shape: [2, 3] } },
    { name: "both", inputs: [{ shape: [2, 1, 5] }], attrs: { shape: [4, 2, 3, 5] } },
    { name: "empty", inputs: [{ shape: [1] }], attrs: { shape: [0] } },
  ],
  lowering: {
    kind: "view",
    view: (input, { shape }) => ({ offset: input.offset, shape, strides: broadcastStrides(input.shape, input.strides, shape) }),
  },
  bounded: true,
  batch([input], _, { shape }) {
    const x = input as Tensor;
    const [count, ...own] = x.shape as [number, ...number[]];
    return [broadcastTo(reshape(x, [count, ...new Array<number>(shape.length - own.length).fill(1), ...own]), [count, ...shape])];
  },
};

/** `x` repeated to `shape` by NumPy's rule, without a copy; a new axis 0 may be the bounded axis `bound`. */
export function broadcastTo(x: Tensor, shape: Shape, bound?: Bound): Tensor {
  return sameShape(x.shape, shape) && (bound === undefined || x.bound !== undefined)
    ? x
    : apply(broadcastToOp, [x], { shape, ...(bound && { bound }) });
}

/** `x` repeated to the shape of `like`, bounded axis included. */
export function broadcastLike(x: Tensor, like: Spec): Tensor {
  return broadcastTo(x, like.shape, like.bound);
}
