/** Values added to the places that indices name along one axis: torch.scatter_add, and the gradient of gather. */

import { isFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import { forEachStrided } from "../nd.js";
import type { Op, Scalar } from "../op.js";
import { formatShape, normalizeAxis, sameShape, stridesOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { broadcastTo } from "./broadcastTo.js";
import { gather } from "./gather.js";
import { specOf } from "./identity.js";
import { caseIndices, checkedIndex, indexedBound, requireIndexShape, requireIndices } from "./indices.js";
import { liveCount } from "./strided.js";

type Attrs = { readonly axis: number };

export const scatterAddOp: Op<Attrs> = {
  name: "scatterAdd",
  tolerance: "reduction",
  infer([first, second, third], { axis }) {
    const [x, indices, values] = [first as Spec, second as Spec, third as Spec];
    requireIndices("scatterAdd", indices);
    requireIndexShape("scatterAdd", x.shape, indices.shape, axis);
    indexedBound("scatterAdd", x, indices, axis);
    if (!sameShape(indices.shape, values.shape))
      throw new TetradError("SHAPE", {
        op: "scatterAdd",
        what: "one value per index is needed",
        got: `${formatShape(values.shape)} values, ${formatShape(indices.shape)} indices`,
      });
    if (!isFloat(x.dtype) || x.dtype !== values.dtype)
      throw new TetradError("DTYPE", {
        op: "scatterAdd",
        what: "needs floating-point tensors of one type",
        got: `${x.dtype} and ${values.dtype}`,
      });
    return [specOf(x)];
  },
  gradient: ({ inputs: [, indices], dy, attrs: { axis } }) => [dy, undefined, gather(dy, indices as Tensor, axis)],
  reference([first, second, third], { axis }) {
    const [x, indices, values] = [first, second, third] as [
      NonNullable<typeof first>,
      NonNullable<typeof first>,
      NonNullable<typeof first>,
    ];
    const y = { ...x, data: x.data.slice() };
    const strides = stridesOf(x.shape);
    const along = strides[axis] as number;
    forEachStrided(indices.shape, [strides.map((stride, i) => (i === axis ? 0 : stride))], (at, [base]) => {
      const to = (base as number) + along * checkedIndex("scatterAdd", indices, at, x.shape[axis] as number);
      y.data[to] = (y.data[to] as number) + (values.data[at] as number);
    });
    return [y];
  },
  flops: ([, , values]) => (values as Spec).shape.reduce((n, extent) => n * extent, 1),
  cases: () => [
    ...[0, 1, 2, 3, 7, 9, 17, 33, 65, 257].map((n) => ({
      name: `n${n}`,
      inputs: [{ shape: [3, 5] }, { shape: [3, n], dtype: "i32" as const, values: caseIndices(3 * n, 5), frozen: true }, { shape: [3, n] }],
      attrs: { axis: 1 },
    })),
    {
      name: "axis 0",
      inputs: [{ shape: [7, 9] }, { shape: [4, 8], dtype: "i32", values: caseIndices(32, 7), frozen: true }, { shape: [4, 8] }],
      attrs: { axis: 0 },
    },
    {
      name: "middle",
      inputs: [
        { shape: [2, 5, 17] },
        { shape: [2, 3, 17], dtype: "i32", values: caseIndices(102, 5), frozen: true },
        { shape: [2, 3, 17] },
      ],
      attrs: { axis: 1 },
    },
    {
      name: "transposed",
      inputs: [
        { shape: [9, 17], transposed: true },
        { shape: [9, 4], dtype: "i32", values: caseIndices(36, 17), frozen: true },
        { shape: [9, 4], transposed: true },
      ],
      attrs: { axis: 1 },
    },
    {
      name: "line",
      inputs: [{ shape: [33] }, { shape: [65], dtype: "i32", values: caseIndices(65, 33), frozen: true }, { shape: [65] }],
      attrs: { axis: 0 },
    },
  ],
  lowering: {
    // Words: extent of x and of the indices along the axis, strides along it (output, indices, values), rank of the rest, and per remaining
    // axis (extent of x, extent of the indices, strides of output, indices, values).
    kind: "launch",
    launch(context, node, { axis }) {
      const [x, indices, values] = node.inputs as readonly [Tensor, Tensor, Tensor];
      const y = node.outputs[0] as Tensor;
      const [base, places, added] = [context.contiguous(x), context.operand(indices), context.operand(values)];
      const strides = stridesOf(y.shape);
      const rest = y.shape.map((_, i) => i).filter((i) => i !== axis && y.shape[i] !== 1);
      const extent = (t: Tensor, i: number): Scalar =>
        i === 0 ? liveCount(t.shape[0] as number, t.bound, t.shape[0] as number) : (t.shape[i] as number);
      context.emit({
        kernel: "scatter_add",
        dtype: y.dtype as "f32" | "f64",
        outputs: [y],
        inputs: [base, places, added],
        scalars: [
          extent(x, axis),
          extent(indices, axis),
          strides[axis] as number,
          places.strides[axis] as number,
          added.strides[axis] as number,
          rest.length,
          ...rest.flatMap((i): Scalar[] => [
            extent(x, i),
            extent(indices, i),
            strides[i] as number,
            places.strides[i] as number,
            added.strides[i] as number,
          ]),
        ],
        flops: values.size,
      });
    },
  },
  bounded: true,
  batch(inputs, batched, { axis }) {
    const extent = inputs[batched.indexOf(true)]?.shape[0] as number;
    return [
      apply(
        scatterAddOp,
        inputs.map((t, i) => (batched[i] === true ? t : broadcastTo(t, [extent, ...t.shape]))),
        { axis: axis + 1 },
      ),
    ];
  },
};

/**
 * A copy of `x` with values[…, j, …] added at position indices[…, j, …] of `axis`. Repeated indices add up in their own order, so the result has the same bits
 * for any number of threads. An index outside the axis is a DATA error; kernels leave it out and raise the fault word.
 * @param indices i32, rank of `x`, no larger than `x` on the other axes
 * @param values of the shape of `indices`
 */
export function scatterAdd(x: Tensor, indices: Tensor, values: Tensor, axis: number): Tensor {
  return apply(scatterAddOp, [x, indices, values], { axis: normalizeAxis(axis, x.rank) });
}
