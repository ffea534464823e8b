/** Whole slabs picked by index along one axis: rows of an embedding table, tokens of a batch. */

import { byteSize } from "../dtype.js";
import { TetradError } from "../errors.js";
import { ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { normalizeAxis } from "../shape.js";
import type { Bound, Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { equal } from "./equal.js";
import { gather } from "./gather.js";
import { caseIndices, checkedIndex, requireIndices, slabs, spreadIndices } from "./indices.js";
import { reshape } from "./reshape.js";
import { scatterRowsOp } from "./scatterRows.js";
import { stopGradient } from "./stopGradient.js";
import { liveCount } from "./strided.js";
import { transpose } from "./transpose.js";
import { where } from "./where.js";

/** `padding`: the row that gets no gradient, or -1. */
type Attrs = { readonly axis: number; readonly padding: number };

function takenBound(x: Spec, indices: Spec, axis: number): Bound | undefined {
  if (axis === 0) return indices.bound;
  if (indices.bound !== undefined)
    throw new TetradError("UNSUPPORTED", {
      op: "take",
      what: `indices with the bounded axis "${indices.bound.name}" pick along axis 0 only`,
      got: `axis ${axis}`,
    });
  return x.bound;
}

export const takeOp: Op<Attrs> = {
  name: "take",
  tolerance: "exact",
  infer([first, second], { axis }) {
    const [x, indices] = [first as Spec, second as Spec];
    requireIndices("take", indices);
    const bound = takenBound(x, indices, axis);
    return [{ shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)], dtype: x.dtype, ...(bound && { bound }) }];
  },
  gradient({ inputs: [first, second], dy, attrs: { axis, padding } }) {
    const x = first as Tensor;
    return [
      apply(scatterRowsOp, [dy, second as Tensor], {
        axis,
        extent: x.shape[axis] as number,
        padding,
        ...(axis === 0 && x.bound && { bound: x.bound }),
      }),
      undefined,
    ];
  },
  reference([first, second], { axis }, [output]) {
    const [x, indices] = [first as NonNullable<typeof first>, second as NonNullable<typeof second>];
    const y = ndZeros((output as Spec).shape, x.dtype);
    const { outer, extent, inner } = slabs(x.shape, axis);
    const count = indices.data.length;
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < count; k++) {
        const from = (o * extent + checkedIndex("take", indices, k, extent)) * inner;
        y.data.set(x.data.subarray(from, from + inner), (o * count + k) * inner);
      }
    }
    return [y];
  },
  flops: () => 0,
  cases: () => [
    ...[0, 1, 2, 3, 7, 9, 17, 33, 65].map((n) => ({
      name: `rows ${n}`,
      inputs: [{ shape: [5, n] }, { shape: [9], dtype: "i32" as const, values: caseIndices(9, 5), frozen: true }],
      attrs: { axis: 0, padding: -1 },
    })),
    { name: "none", inputs: [{ shape: [5, 3] }, { shape: [0], dtype: "i32", values: [], frozen: true }], attrs: { axis: 0, padding: -1 } },
    {
      name: "padding",
      inputs: [{ shape: [5, 8] }, { shape: [2, 9], dtype: "i32", values: caseIndices(18, 5), frozen: true }],
      attrs: { axis: 0, padding: 2 },
      kink: true,
    },
    {
      name: "columns",
      inputs: [{ shape: [3, 7] }, { shape: [5], dtype: "i32", values: caseIndices(5, 7), frozen: true }],
      attrs: { axis: 1, padding: -1 },
    },
    {
      name: "middle",
      inputs: [{ shape: [2, 7, 3] }, { shape: [2, 2], dtype: "i32", values: caseIndices(4, 7), frozen: true }],
      attrs: { axis: 1, padding: -1 },
    },
    {
      name: "scalar",
      inputs: [{ shape: [7, 3] }, { shape: [], dtype: "i32", values: [4], frozen: true }],
      attrs: { axis: 0, padding: -1 },
    },
    {
      name: "transposed",
      inputs: [
        { shape: [9, 17], transposed: true },
        { shape: [33], dtype: "i32", values: caseIndices(33, 9), frozen: true },
      ],
      attrs: { axis: 0, padding: -1 },
    },
    {
      name: "many",
      inputs: [{ shape: [3, 2] }, { shape: [257], dtype: "i32", values: caseIndices(257, 3), frozen: true }],
      attrs: { axis: 0, padding: -1 },
    },
  ],
  lowering: {
    // Words: bytes per element, outer count, extent of the axis, indices, elements of a slab.
    kind: "launch",
    launch(context, node, { axis }) {
      const [x, indices] = node.inputs as readonly [Tensor, Tensor];
      const y = node.outputs[0] as Tensor;
      const { outer, extent, inner } = slabs(x.shape, axis);
      context.emit({
        kernel: "take",
        dtype: undefined,
        outputs: [y],
        inputs: [context.contiguous(x), context.contiguous(indices)],
        scalars: [
          byteSize(y.dtype),
          axis === 0 ? 1 : liveCount(outer, x.bound, x.shape[0] as number),
          axis === 0 ? liveCount(extent, x.bound, extent) : extent,
          liveCount(indices.size, indices.bound, indices.shape[0] ?? 1),
          inner,
        ],
        flops: 0,
        // The picked slabs, not the whole table.
        bytes: 2 * y.size * byteSize(y.dtype) + 4 * indices.size,
      });
    },
  },
  bounded: true,
  batch([first, second], [batchedX, batchedIndices], { axis, padding }) {
    const [x, indices] = [first as Tensor, second as Tensor];
    if (batchedIndices !== true) return [apply(takeOp, [x, indices], { axis: axis + 1, padding })];
    if (batchedX !== true) {
      const y = apply(takeOp, [x, indices], { axis, padding });
      return [transpose(y, [axis, ...y.shape.map((_, i) => i).filter((i) => i !== axis)])];
    }
    const { outer, extent, inner } = slabs(x.shape.slice(1), axis);
    const batch = x.shape[0] as number;
    const places = spreadIndices(indices, outer, inner);
    const picked = gather(reshape(x, [batch, outer, extent, inner]), places, 2);
    const y = padding < 0 ? picked : where(equal(places, padding), stopGradient(picked), picked);
    return [reshape(y, [...x.shape.slice(0, axis + 1), ...indices.shape.slice(1), ...x.shape.slice(axis + 2)])];
  },
};

/**
 * The slabs of `x` that `indices` name along `axis`: (…, N, …) and indices of any shape K give (…, K, …); numpy.take, jax.numpy.take.
 * The gradient adds up in the order of the indices, one owner per row. An index outside the axis is a DATA error; kernels give zeros there and raise the fault word.
 * @param indices i32
 */
export function take(x: Tensor, indices: Tensor, axis = 0): Tensor {
  return apply(takeOp, [x, indices], { axis: normalizeAxis(axis, x.rank), padding: -1 });
}
