/** Rows in the place of those that indices name: how a cache takes what is new. A state that is assigned the result is written where it lies. */

import { byteSize } from "../dtype.js";
import { TetradError } from "../errors.js";
import { ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { formatShape, sameShape } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { zeros } from "./full.js";
import { caseIndices, checkedIndex, requireIndices, slabs } from "./indices.js";
import { liveCount } from "./strided.js";
import { take } from "./take.js";

type Attrs = Record<string, never>;

export const indexCopyOp: Op<Attrs> = {
  name: "indexCopy",
  tolerance: "exact",
  infer([first, second, third]) {
    const [x, indices, rows] = [first as Spec, second as Spec, third as Spec];
    requireIndices("indexCopy", indices);
    if (indices.shape.length !== 1 || x.shape.length === 0 || !sameShape(rows.shape, [...indices.shape, ...x.shape.slice(1)])) {
      throw new TetradError("SHAPE", {
        op: "indexCopy",
        what: "one row per index is needed",
        got: `${formatShape(rows.shape)} with indices ${formatShape(indices.shape)} into ${formatShape(x.shape)}`,
      });
    }
    if (rows.dtype !== x.dtype)
      throw new TetradError("DTYPE", { op: "indexCopy", what: "rows do not fit", got: rows.dtype, expected: x.dtype, hint: "cast them" });
    return [{ shape: x.shape, dtype: x.dtype, ...(x.bound && { bound: x.bound }) }];
  },
  gradient({ inputs: [, indices, rows], dy }) {
    return [
      apply(indexCopyOp, [dy, indices as Tensor, zeros((rows as Tensor).shape, dy.dtype)], {}),
      undefined,
      take(dy, indices as Tensor),
    ];
  },
  reference([first, second, third], _, [output]) {
    const [x, indices, rows] = [first, second, third] as [NonNullable<typeof first>, NonNullable<typeof first>, NonNullable<typeof first>];
    const y = ndZeros((output as Spec).shape, x.dtype);
    y.data.set(x.data);
    const { extent, inner } = slabs(x.shape, 0);
    for (let k = 0; k < indices.data.length; k++)
      y.data.set(rows.data.subarray(k * inner, (k + 1) * inner), checkedIndex("indexCopy", indices, k, extent) * inner);
    return [y];
  },
  flops: () => 0,
  cases: () => [
    ...[0, 1, 2, 3, 7, 9, 17, 33, 65, 257].map((n) => ({
      name: `rows ${n}`,
      inputs: [{ shape: [9, n] }, { shape: [4], dtype: "i32" as const, values: [7, 0, 8, 3], frozen: true }, { shape: [4, n] }],
      attrs: {},
    })),
    {
      name: "none",
      inputs: [{ shape: [5, 3] }, { shape: [0], dtype: "i32", values: [], frozen: true }, { shape: [0, 3] }],
      attrs: {},
    },
    {
      name: "heads",
      inputs: [{ shape: [6, 5, 4] }, { shape: [3], dtype: "i32", values: [5, 2, 0], frozen: true }, { shape: [3, 5, 4] }],
      attrs: {},
    },
    {
      name: "transposed",
      inputs: [
        { shape: [6, 20], transposed: true },
        { shape: [3], dtype: "i32", values: [5, 2, 0], frozen: true },
        { shape: [3, 20], transposed: true },
      ],
      attrs: {},
    },
    {
      // The last of several counts; PyTorch leaves open which does.
      name: "repeated",
      inputs: [
        { shape: [5, 70], frozen: true },
        { shape: [33], dtype: "i32", values: caseIndices(33, 5), frozen: true },
        { shape: [33, 70], frozen: true },
      ],
      attrs: {},
    },
  ],
  lowering: {
    // Words: bytes per element, rows of x, indices, elements of a row.
    kind: "launch",
    launch(context, node) {
      const [x, indices, rows] = node.inputs as readonly [Tensor, Tensor, Tensor];
      const y = node.outputs[0] as Tensor;
      const { extent, inner } = slabs(x.shape, 0);
      const inputs = [context.contiguous(rows), context.contiguous(indices)];
      context.emit({
        kernel: "index_copy",
        dtype: undefined,
        outputs: [context.begunAs(y, x)],
        inputs,
        scalars: [byteSize(y.dtype), liveCount(extent, x.bound, extent), liveCount(indices.size, indices.bound, indices.size), inner],
        flops: 0,
        // The new rows, not the whole of x.
        bytes: 2 * rows.size * byteSize(y.dtype) + 4 * indices.size,
        updates: true,
      });
    },
  },
  bounded: true,
};

/**
 * `x` with rows[k] in the place of row indices[k]: PyTorch's `index_copy` along axis 0. Of equal indices the last counts, for which the gradient does not hold.
 * Assigned to the state `x`, which nothing else reads afterwards, it writes the new rows alone. An index outside the axis is a DATA error; kernels leave it out
 * and raise the fault word.
 * @param indices i32 (K)
 * @param rows (K, …) of the type of `x`
 * @throws TetradError SHAPE, DTYPE
 */
export function indexCopy(x: Tensor, indices: Tensor, rows: Tensor): Tensor {
  return apply(indexCopyOp, [x, indices, rows], {});
}
