/** One element per index, picked along one axis: torch.gather. */

import { byteSize } from "../dtype.js";
import { forEachStrided, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { normalizeAxis, stridesOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { broadcastTo } from "./broadcastTo.js";
import { zerosLike } from "./full.js";
import { caseIndices, checkedIndex, indexedBound, requireIndexShape, requireIndices } from "./indices.js";
import { scatterAdd } from "./scatterAdd.js";
import { collapseJointly, liveCount } from "./strided.js";

type Attrs = { readonly axis: number };

export const gatherOp: Op<Attrs> = {
  name: "gather",
  tolerance: "exact",
  infer([first, second], { axis }) {
    const [x, indices] = [first as Spec, second as Spec];
    requireIndices("gather", indices);
    requireIndexShape("gather", x.shape, indices.shape, axis);
    indexedBound("gather", x, indices, axis);
    return [{ shape: indices.shape, dtype: x.dtype, ...(indices.bound && { bound: indices.bound }) }];
  },
  gradient({ inputs: [first, second], dy, attrs: { axis } }) {
    const [x, indices] = [first as Tensor, second as Tensor];
    return [scatterAdd(zerosLike(x), indices, dy, axis), undefined];
  },
  reference([first, second], { axis }) {
    const [x, indices] = [first as NonNullable<typeof first>, second as NonNullable<typeof second>];
    const y = ndZeros(indices.shape, x.dtype);
    const strides = stridesOf(x.shape);
    const along = strides[axis] as number;
    forEachStrided(indices.shape, [strides.map((stride, i) => (i === axis ? 0 : stride))], (at, [base]) => {
      y.data[at] = x.data[(base as number) + along * checkedIndex("gather", indices, at, x.shape[axis] as number)] as number;
    });
    return [y];
  },
  flops: () => 0,
  cases: () => [
    ...[0, 1, 2, 3, 7, 9, 17, 33, 65, 257].map((n) => ({
      name: `n${n}`,
      inputs: [{ shape: [3, 5] }, { shape: [3, n], dtype: "i32" as const, values: caseIndices(3 * n, 5), frozen: true }],
      attrs: { axis: 1 },
    })),
    {
      name: "axis 0",
      inputs: [{ shape: [7, 9] }, { shape: [4, 8], dtype: "i32", values: caseIndices(32, 7), frozen: true }],
      attrs: { axis: 0 },
    },
    {
      name: "middle",
      inputs: [{ shape: [2, 5, 17] }, { shape: [2, 3, 17], dtype: "i32", values: caseIndices(102, 5), frozen: true }],
      attrs: { axis: 1 },
    },
    {
      name: "transposed",
      inputs: [
        { shape: [9, 17], transposed: true },
        { shape: [9, 4], dtype: "i32", values: caseIndices(36, 17), frozen: true },
      ],
      attrs: { axis: 1 },
    },
    {
      name: "line",
      inputs: [{ shape: [33] }, { shape: [65], dtype: "i32", values: caseIndices(65, 33), frozen: true }],
      attrs: { axis: 0 },
    },
  ],
  lowering: {
    // Words: bytes per element, elements, extent and stride of x along the axis, rank, and per axis (extent, stride of x or 0 on the axis, stride of the indices).
    kind: "launch",
    launch(context, node, { axis }) {
      const [x, indices] = node.inputs.map((input) => context.operand(input)) as [
        ReturnType<typeof context.operand>,
        ReturnType<typeof context.operand>,
      ];
      const [source, y] = [node.inputs[0] as Tensor, node.outputs[0] as Tensor];
      const { extents, strides } = collapseJointly(y.shape, [x.strides.map((stride, i) => (i === axis ? 0 : stride)), indices.strides]);
      const [xs, is] = strides as [number[], number[]];
      const extent = x.shape[axis] as number;
      context.emit({
        kernel: "gather",
        dtype: undefined,
        outputs: [y],
        inputs: [x, indices],
        scalars: [
          byteSize(y.dtype),
          liveCount(y.size, y.bound, y.shape[0] ?? 1),
          axis === 0 ? liveCount(extent, source.bound, extent) : extent,
          x.strides[axis] as number,
          extents.length,
          ...extents.flatMap((n, i) => [n, xs[i] as number, is[i] as number]),
        ],
        flops: 0,
      });
    },
  },
  bounded: true,
  batch([first, second], [batchedX, batchedIndices], { axis }) {
    const [x, indices] = [first as Tensor, second as Tensor];
    const extent = (batchedX === true ? x : indices).shape[0] as number;
    const wide = (t: Tensor, batched: boolean | undefined) => (batched === true ? t : broadcastTo(t, [extent, ...t.shape]));
    return [apply(gatherOp, [wide(x, batchedX), wide(indices, batchedIndices)], { axis: axis + 1 })];
  },
};

/**
 * y[…, j, …] = x[…, indices[…, j, …], …] along `axis`: the result has the shape of `indices`, which has the rank of `x` and no larger extent on the other axes.
 * An index outside the axis is a DATA error; kernels give zero there and raise the fault word. For whole rows see `take`.
 * @param indices i32
 */
export function gather(x: Tensor, indices: Tensor, axis: number): Tensor {
  return apply(gatherOp, [x, indices], { axis: normalizeAxis(axis, x.rank) });
}
