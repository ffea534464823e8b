/** Axes in reverse order. */

import { TetradError } from "../errors.js";
import { forEachStrided, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { normalizeAxes, stridesOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { specOf } from "./identity.js";
import { emitCopies } from "./strided.js";

type Attrs = { readonly axes: readonly number[] };

/** Offset and strides that walk `axes` backwards. */
function reversed(
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
  axes: readonly number[],
): { offset: number; strides: number[] } {
  const begin = axes.reduce((at, axis) => at + Math.max(0, (shape[axis] as number) - 1) * (strides[axis] as number), offset);
  return { offset: begin, strides: strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)) };
}

export const flipOp: Op<Attrs> = {
  name: "flip",
  tolerance: "exact",
  infer([x], { axes }) {
    const { bound } = x as Spec;
    if (bound !== undefined && axes.includes(0))
      throw new TetradError("UNSUPPORTED", { op: "flip", what: `cannot reverse the bounded axis "${bound.name}"` });
    return [specOf(x as Spec)];
  },
  gradient: ({ dy, attrs }) => [apply(flipOp, [dy], attrs)],
  reference([input], { axes }) {
    const x = input as NonNullable<typeof input>;
    const y = ndZeros(x.shape, x.dtype);
    const { offset, strides } = reversed(0, x.shape, stridesOf(x.shape), axes);
    forEachStrided(x.shape, [strides], (index, [at]) => {
      y.data[index] = x.data[offset + (at as number)] as number;
    });
    return [y];
  },
  flops: () => 0,
  cases: () => [
    ...[0, 1, 2, 3, 9, 17, 33, 65, 257].map((n) => ({ name: `n${n}`, inputs: [{ shape: [n] }], attrs: { axes: [0] } })),
    { name: "columns", inputs: [{ shape: [3, 7] }], attrs: { axes: [1] } },
    { name: "both", inputs: [{ shape: [2, 5, 8] }], attrs: { axes: [0, 2] } },
    { name: "transposed", inputs: [{ shape: [9, 17], transposed: true }], attrs: { axes: [0] } },
  ],
  lowering: {
    // A copy and not a view: the element-wise kernels read forwards only.
    kind: "launch",
    launch(context, node, { axes }) {
      const y = node.outputs[0] as Tensor;
      const operand = context.operand(node.inputs[0] as Tensor);
      emitCopies(context, y, [
        {
          operand: { ...operand, ...reversed(operand.offset, operand.shape, operand.strides, axes) },
          offset: 0,
          strides: stridesOf(y.shape),
        },
      ]);
    },
  },
  bounded: true,
  batch: ([x], _, { axes }) => [apply(flipOp, [x as Tensor], { axes: axes.map((axis) => axis + 1) })],
};

/** `x` with `axes` reversed; all of them when none are given. */
export function flip(x: Tensor, axes?: number | readonly number[]): Tensor {
  const list = normalizeAxes(axes, x.rank);
  return list.length === 0 ? x : apply(flipOp, [x], { axes: list });
}
