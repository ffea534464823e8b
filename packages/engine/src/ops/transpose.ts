/** Axes in another order, by reading with permuted strides. */

import { TetradError } from "../errors.js";
import { forEachStrided, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { normalizeAxis, stridesOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";

type Attrs = { readonly permutation: readonly number[] };

function pick<T>(values: readonly T[], order: readonly number[]): T[] {
  return order.map((axis) => values[axis] as T);
}

function inverse(permutation: readonly number[]): number[] {
  const back = new Array<number>(permutation.length);
  permutation.forEach((axis, i) => {
    back[axis] = i;
  });
  return back;
}

export const transposeOp: Op<Attrs> = {
  name: "transpose",
  tolerance: "exact",
  infer([input], { permutation }) {
    const x = input as Spec;
    if (permutation.length !== x.shape.length || new Set(permutation).size !== permutation.length) {
      throw new TetradError("SHAPE", {
        op: "transpose",
        what: "not a permutation of the axes",
        got: `[${permutation.join(", ")}]`,
        expected: `each of 0 to ${x.shape.length - 1} once`,
      });
    }
    if (x.bound !== undefined && permutation[0] !== 0) {
      throw new TetradError("UNSUPPORTED", {
        op: "transpose",
        what: `the bounded axis "${x.bound.name}" must stay in front`,
        got: `[${permutation.join(", ")}]`,
      });
    }
    return [{ shape: pick(x.shape, permutation), dtype: x.dtype, ...(x.bound && { bound: x.bound }) }];
  },
  gradient: ({ dy, attrs }) => [transpose(dy, inverse(attrs.permutation))],
  reference([input], { permutation }, [output]) {
    const x = input as NonNullable<typeof input>;
    const y = ndZeros((output as Spec).shape, x.dtype);
    forEachStrided(y.shape, [pick(stridesOf(x.shape), permutation)], (index, [at]) => {
      y.data[index] = x.data[at as number] as number;
    });
    return [y];
  },
  flops: () => 0,
  cases: () => [
    { name: "matrix", inputs: [{ shape: [3, 7] }], attrs: { permutation: [1, 0] } },
    { name: "cycle", inputs: [{ shape: [2, 9, 17] }], attrs: { permutation: [2, 0, 1] } },
    { name: "heads", inputs: [{ shape: [2, 5, 3, 8] }], attrs: { permutation: [0, 2, 1, 3] } },
    { name: "of transposed", inputs: [{ shape: [9, 17], transposed: true }], attrs: { permutation: [1, 0] } },
    // Large enough that rows are brought together in groups, with rests of all.
    { name: "in groups", inputs: [{ shape: [71, 133] }], attrs: { permutation: [1, 0] } },
    { name: "in groups of matrices", inputs: [{ shape: [2, 3, 37, 21] }], attrs: { permutation: [1, 0, 3, 2] } },
    { name: "empty", inputs: [{ shape: [0, 3] }], attrs: { permutation: [1, 0] } },
  ],
  lowering: {
    kind: "view",
    view: (input, { permutation }) => ({
      offset: input.offset,
      shape: pick(input.shape, permutation),
      strides: pick(input.strides, permutation),
    }),
  },
  bounded: true,
  batch: ([x], _, { permutation }) => [transpose(x as Tensor, [0, ...permutation.map((axis) => axis + 1)])],
};

/**
 * Axis i of the result is axis `permutation[i]` of `x`; all axes in reverse order when none are given. A view, not a copy.
 * Throws SHAPE when `permutation` is none.
 */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  const order = permutation?.map((axis) => normalizeAxis(axis, x.rank)) ?? x.shape.map((_, i) => x.rank - 1 - i);
  return order.length === x.rank && order.every((axis, i) => axis === i) ? x : apply(transposeOp, [x], { permutation: order });
}

/** `x` with axes `a` and `b` exchanged; the last two when none are given. */
export function swapAxes(x: Tensor, a = -2, b = -1): Tensor {
  const [first, second] = [normalizeAxis(a, x.rank), normalizeAxis(b, x.rank)];
  return transpose(
    x,
    x.shape.map((_, i) => (i === first ? second : i === second ? first : i)),
  );
}

/** `x` with axis `from` moved to position `to`, the others in their order. */
export function moveAxis(x: Tensor, from: number, to: number): Tensor {
  const order = x.shape.map((_, i) => i);
  const [axis] = order.splice(normalizeAxis(from, x.rank), 1) as [number];
  order.splice(normalizeAxis(to, x.rank), 0, axis);
  return transpose(x, order);
}
