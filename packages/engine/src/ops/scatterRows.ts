/** Slabs added to the rows that indices name: the gradient of take, hence of an embedding. */

import { isFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import { ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { formatShape, type Shape, sameShape, sizeOf } from "../shape.js";
import type { Bound, Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { broadcastTo } from "./broadcastTo.js";
import { equal } from "./equal.js";
import { zeros } from "./full.js";
import { caseIndices, checkedIndex, requireIndices, slabs, spreadIndices } from "./indices.js";
import { reshape } from "./reshape.js";
import { scatterAdd } from "./scatterAdd.js";
import { liveCount } from "./strided.js";
import { take } from "./take.js";
import { where } from "./where.js";

/** `extent`: rows of the result; `padding`: the row that takes no part, or -1; `bound`: of the result's axis 0. */
type Attrs = { readonly axis: number; readonly extent: number; readonly padding: number; readonly bound?: Bound };

/** The result's shape: the axes of the indices, which begin at `axis`, become one of `extent`. */
function rowShape(values: Shape, indices: Shape, { axis, extent }: Attrs): number[] {
  return [...values.slice(0, axis), extent, ...values.slice(axis + indices.length)];
}

export const scatterRowsOp: Op<Attrs> = {
  name: "scatterRows",
  tolerance: "reduction",
  infer([first, second], attrs) {
    const [values, indices] = [first as Spec, second as Spec];
    requireIndices("scatterRows", indices);
    if (!isFloat(values.dtype))
      throw new TetradError("DTYPE", { op: "scatterRows", what: "needs floating-point values", got: values.dtype });
    if (!sameShape(values.shape.slice(attrs.axis, attrs.axis + indices.shape.length), indices.shape)) {
      throw new TetradError("SHAPE", {
        op: "scatterRows",
        what: "one slab per index is needed",
        got: `${formatShape(values.shape)} with indices ${formatShape(indices.shape)} at axis ${attrs.axis}`,
      });
    }
    const bound = attrs.axis === 0 ? attrs.bound : values.bound;
    return [{ shape: rowShape(values.shape, indices.shape, attrs), dtype: values.dtype, ...(bound && { bound }) }];
  },
  gradient({ inputs: [, indices], dy, attrs: { axis, padding } }) {
    const places = indices as Tensor;
    const dx = take(dy, places, axis);
    if (padding < 0) return [dx, undefined];
    const trailing = new Array<number>(dx.rank - axis - places.rank).fill(1);
    return [where(equal(reshape(places, [...places.shape, ...trailing]), padding), 0, dx), undefined];
  },
  reference([first, second], attrs, [output]) {
    const [values, indices] = [first as NonNullable<typeof first>, second as NonNullable<typeof second>];
    const y = ndZeros((output as Spec).shape, values.dtype);
    const { outer, extent, inner } = slabs(y.shape, attrs.axis);
    const count = indices.data.length;
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < count; k++) {
        const row = checkedIndex("scatterRows", indices, k, extent);
        if (row === attrs.padding) continue;
        for (let i = 0; i < inner; i++) {
          const to = (o * extent + row) * inner + i;
          y.data[to] = (y.data[to] as number) + (values.data[(o * count + k) * inner + i] as number);
        }
      }
    }
    return [y];
  },
  flops: ([values]) => sizeOf((values as Spec).shape),
  cases: () => [
    ...[0, 1, 2, 3, 7, 9, 17, 33, 65].map((n) => ({
      name: `rows ${n}`,
      inputs: [{ shape: [9, n] }, { shape: [9], dtype: "i32" as const, values: caseIndices(9, 5), frozen: true }],
      attrs: { axis: 0, extent: 5, padding: -1 },
    })),
    {
      name: "none",
      inputs: [{ shape: [0, 3] }, { shape: [0], dtype: "i32", values: [], frozen: true }],
      attrs: { axis: 0, extent: 4, padding: -1 },
    },
    {
      name: "padding",
      inputs: [{ shape: [2, 9, 8] }, { shape: [2, 9], dtype: "i32", values: caseIndices(18, 5), frozen: true }],
      attrs: { axis: 0, extent: 5, padding: 2 },
    },
    {
      name: "columns",
      inputs: [{ shape: [3, 5] }, { shape: [5], dtype: "i32", values: caseIndices(5, 7), frozen: true }],
      attrs: { axis: 1, extent: 7, padding: -1 },
    },
    {
      name: "many",
      inputs: [{ shape: [257, 2] }, { shape: [257], dtype: "i32", values: caseIndices(257, 3), frozen: true }],
      attrs: { axis: 0, extent: 3, padding: -1 },
    },
    {
      name: "wide",
      inputs: [
        { shape: [7, 257], transposed: true },
        { shape: [7], dtype: "i32", values: caseIndices(7, 3), frozen: true },
      ],
      attrs: { axis: 0, extent: 3, padding: 0 },
    },
  ],
  lowering: {
    // Words: outer count, rows, indices, elements of a slab, padding row.
    kind: "launch",
    launch(context, node, { axis, padding }) {
      const [values, indices] = node.inputs as readonly [Tensor, Tensor];
      const y = node.outputs[0] as Tensor;
      const { outer, extent, inner } = slabs(y.shape, axis);
      context.emit({
        kernel: "scatter_rows",
        dtype: y.dtype as "f32" | "f64",
        outputs: [y],
        inputs: [context.contiguous(values), context.contiguous(indices)],
        scalars: [
          axis === 0 ? 1 : liveCount(outer, y.bound, y.shape[0] as number),
          axis === 0 ? liveCount(extent, y.bound, extent) : extent,
          liveCount(indices.size, indices.bound, indices.shape[0] ?? 1),
          inner,
          padding,
        ],
        flops: values.size,
      });
    },
  },
  bounded: true,
  batch([first, second], [batchedValues, batchedIndices], attrs) {
    const [values, indices] = [first as Tensor, second as Tensor];
    const { axis, extent, padding } = attrs;
    if (batchedIndices !== true) return [apply(scatterRowsOp, [values, indices], { axis: axis + 1, extent, padding })];
    const batch = indices.shape[0] as number;
    const own = indices.shape.slice(1);
    const dy = batchedValues === true ? values : broadcastTo(values, [batch, ...values.shape]);
    const shape = rowShape(dy.shape.slice(1), own, attrs);
    const { outer, inner } = slabs(shape, axis);
    const places = spreadIndices(indices, outer, inner);
    const spread = reshape(dy, [batch, outer, sizeOf(own), inner]);
    const kept = padding < 0 ? spread : where(equal(places, padding), 0, spread);
    const y = scatterAdd(zeros([batch, outer, extent, inner], values.dtype), places, kept, 2);
    return [reshape(y, [batch, ...shape])];
  },
};
