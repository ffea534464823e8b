/** Tensors joined along an axis that exists. */

import { promote } from "../dtype.js";
import { TetradError } from "../errors.js";
import { forEachStrided, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { formatShape, normalizeAxis, sameShape, stridesOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { broadcastTo } from "./broadcastTo.js";
import { sliceAxis } from "./slice.js";
import { emitCopies } from "./strided.js";

type Attrs = { readonly axis: number };

/** Where each input begins along the joined axis. */
function offsets(inputs: readonly Spec[], axis: number): number[] {
  let at = 0;
  return inputs.map((x) => {
    const begin = at;
    at += x.shape[axis] as number;
    return begin;
  });
}

export const concatOp: Op<Attrs> = {
  name: "concat",
  tolerance: "exact",
  infer(inputs, { axis }) {
    const first = inputs[0] as Spec;
    const other = (x: Spec) => x.shape.filter((_, i) => i !== axis);
    const odd = inputs.find((x) => x.shape.length !== first.shape.length || !sameShape(other(x), other(first)));
    if (odd !== undefined) {
      throw new TetradError("SHAPE", {
        op: "concat",
        what: `shapes differ in another axis than ${axis}`,
        got: `${formatShape(first.shape)} and ${formatShape(odd.shape)}`,
      });
    }
    const mixed = inputs.find((x) => x.dtype !== first.dtype);
    if (mixed !== undefined) {
      throw new TetradError("DTYPE", {
        op: "concat",
        what: "types differ",
        got: `${first.dtype} and ${mixed.dtype}`,
        hint: `cast one of them to ${promote(first.dtype, mixed.dtype)}`,
      });
    }
    const { bound } = first;
    if (inputs.some((x) => x.bound?.name !== bound?.name || x.bound?.times !== bound?.times)) {
      throw new TetradError("SHAPE", {
        op: "concat",
        what: "a fixed axis meets a bounded axis",
        got: inputs.map((x) => x.bound?.name ?? "fixed").join(", "),
      });
    }
    if (bound !== undefined && axis === 0)
      throw new TetradError("UNSUPPORTED", { op: "concat", what: `cannot join along the bounded axis "${bound.name}"` });
    const total = inputs.reduce((sum, x) => sum + (x.shape[axis] as number), 0);
    return [{ shape: first.shape.map((extent, i) => (i === axis ? total : extent)), dtype: first.dtype, ...(bound && { bound }) }];
  },
  gradient({ inputs, dy, attrs: { axis } }) {
    const begins = offsets(inputs, axis);
    return inputs.map((x, i) => sliceAxis(dy, axis, begins[i] as number, (begins[i] as number) + (x.shape[axis] as number)));
  },
  reference(inputs, { axis }, [output]) {
    const y = ndZeros((output as Spec).shape, (output as Spec).dtype);
    const strides = stridesOf(y.shape);
    const begins = offsets(inputs, axis);
    inputs.forEach((x, i) => {
      forEachStrided(x.shape, [strides], (index, [at]) => {
        y.data[(begins[i] as number) * (strides[axis] as number) + (at as number)] = x.data[index] as number;
      });
    });
    return [y];
  },
  flops: () => 0,
  cases: () => [
    ...[0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65, 257].map((n) => ({
      name: `columns ${n}`,
      inputs: [{ shape: [3, n] }, { shape: [3, 2] }],
      attrs: { axis: 1 },
    })),
    { name: "rows", inputs: [{ shape: [2, 9] }, { shape: [0, 9] }, { shape: [5, 9] }], attrs: { axis: 0 } },
    { name: "middle", inputs: [{ shape: [2, 1, 7] }, { shape: [2, 3, 7] }], attrs: { axis: 1 } },
    { name: "transposed", inputs: [{ shape: [9, 17], transposed: true }, { shape: [9, 4] }], attrs: { axis: 1 } },
    { name: "one", inputs: [{ shape: [8] }], attrs: { axis: 0 } },
    {
      name: "bool",
      inputs: [3, 2].map((n) => ({ shape: [n, 2], dtype: "bool", values: Array.from({ length: 2 * n }, (_, i) => i % 2), frozen: true })),
      attrs: { axis: 0 },
    },
  ],
  lowering: {
    kind: "launch",
    launch(context, node, { axis }) {
      const y = node.outputs[0] as Tensor;
      const strides = stridesOf(y.shape);
      const begins = offsets(node.inputs, axis);
      const parts = node.inputs.map((x, i) => ({
        operand: context.operand(x),
        offset: (begins[i] as number) * (strides[axis] as number),
        strides,
      }));
      emitCopies(
        context,
        y,
        parts.filter(({ operand }) => !operand.shape.includes(0)),
      );
    },
  },
  bounded: true,
  batch(inputs, batched, { axis }) {
    const extent = inputs[batched.indexOf(true)]?.shape[0] as number;
    return [
      apply(
        concatOp,
        inputs.map((x, i) => (batched[i] === true ? x : broadcastTo(x, [extent, ...x.shape]))),
        { axis: axis + 1 },
      ),
    ];
  },
};

/** `xs` one after the other along `axis`; all other axes and the types must agree (SHAPE, DTYPE). */
export function concat(xs: readonly Tensor[], axis = 0): Tensor {
  const [first] = xs;
  if (first === undefined) throw new TetradError("ARGUMENT", { op: "concat", what: "nothing to join", expected: "at least one tensor" });
  if (first.rank === 0) throw new TetradError("SHAPE", { op: "concat", what: "scalars have no axis", hint: "use stack" });
  return xs.length === 1 ? first : apply(concatOp, xs, { axis: normalizeAxis(axis, first.rank) });
}
