/** The k largest or smallest elements along an axis, with their positions, without sorting the rest. */

import type { NumberDType } from "../dtype.js";
import { TetradError } from "../errors.js";
import { ndZeros } from "../nd.js";
import { HOSTILE_EXTENTS, type Op } from "../op.js";
import { formatShape, normalizeAxis, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { forEachRow, rowWords } from "./rows.js";
import { awkwardRows, type Ordered, orderedAlong, orderOf, requireRows, scatterBack } from "./sortOrder.js";

type Attrs = { readonly k: number; readonly largest: boolean; readonly sorted: boolean };

export const topKOp: Op<Attrs> = {
  name: "topK",
  tolerance: "exact",
  infer([input], { k }) {
    const x = input as Spec;
    requireRows("topK", x);
    if (x.bound !== undefined && x.shape.length === 1)
      throw new TetradError("UNSUPPORTED", { op: "topK", what: `the bounded axis "${x.bound.name}" may hold fewer than k elements` });
    const n = x.shape[x.shape.length - 1] as number;
    if (!Number.isInteger(k) || k < 0 || k > n)
      throw new TetradError("ARGUMENT", {
        op: "topK",
        what: "k must be a whole number of elements that the axis has",
        got: `${k}`,
        expected: `0 to ${n}`,
      });
    const shape = [...x.shape.slice(0, -1), k];
    const bound = x.bound && { bound: x.bound };
    return [
      { shape, dtype: x.dtype, ...bound },
      { shape, dtype: "i32", ...bound },
    ];
  },
  gradient: ({ inputs: [x], outputs: [, indices], dys: [dy] }) => [scatterBack(x as Tensor, indices as Tensor, dy)],
  reference([input], { k, largest, sorted }, specs) {
    const x = input as NonNullable<typeof input>;
    const [values, indices] = specs.map((spec) => ndZeros(spec.shape, spec.dtype)) as [typeof x, typeof x];
    forEachRow(x, (row, _, index) => {
      const best = orderOf(row, largest).slice(0, k);
      if (!sorted) best.sort((i, j) => i - j);
      best.forEach((from, i) => {
        values.data[index * k + i] = row[from] as number;
        indices.data[index * k + i] = from;
      });
    });
    return [values, indices];
  },
  flops: ([x], _, { k }) => sizeOf((x as Spec).shape) + sizeOf((x as Spec).shape.slice(0, -1)) * k * Math.ceil(Math.log2(k + 1)),
  cases: () => [
    ...HOSTILE_EXTENTS.map((n) => ({
      name: `row ${n}`,
      inputs: [{ shape: [3, n] }],
      attrs: { k: Math.min(n, 5), largest: n % 2 === 1, sorted: n % 3 !== 0 },
    })),
    ...[0, 1, 2, 7, 8, 9, 32, 33].map((k) => ({ name: `k ${k}`, inputs: [{ shape: [2, 33] }], attrs: { k, largest: true, sorted: true } })),
    ...awkwardRows({ k: 11, largest: true, sorted: true }),
    ...awkwardRows({ k: 11, largest: false, sorted: true }).map((single) => ({ ...single, name: `${single.name}, smallest` })),
    { name: "vector", inputs: [{ shape: [17] }], attrs: { k: 3, largest: false, sorted: false } },
    { name: "transposed", inputs: [{ shape: [9, 17], transposed: true }], attrs: { k: 4, largest: true, sorted: true } },
    { name: "long", inputs: [{ shape: [2, 4099] }], attrs: { k: 50, largest: true, sorted: true } },
    { name: "half", inputs: [{ shape: [5, 1025] }], attrs: { k: 513, largest: true, sorted: false } },
  ],
  lowering: {
    // Words: rows, their length, k, 1 for the largest, 1 when sorted.
    kind: "launch",
    launch(context, node, { k, largest, sorted }) {
      const x = node.inputs[0] as Tensor;
      context.emit({
        kernel: "top_k",
        dtype: x.dtype as NumberDType,
        outputs: node.outputs,
        inputs: [context.contiguous(x)],
        scalars: [...rowWords(x), k, Number(largest), Number(sorted)],
        flops: node.op.flops(node.inputs, node.outputs, node.attrs),
      });
    },
  },
  bounded: true,
  batch: ([x], _, attrs) => applyAll(topKOp, [x as Tensor], attrs),
};

/**
 * The k largest (or smallest) elements of `x` along `axis`, and their i32 positions: torch.topk. Best first, or with `sorted: false` in the order of their positions.
 * Of equal elements the first are taken, and come first. NaN counts as largest. The gradient goes back to where the values came from.
 * Throws ARGUMENT unless 0 ≤ k ≤ the extent of the axis.
 */
export function topK(
  x: Tensor,
  k: number,
  axis = -1,
  { largest = true, sorted = true }: { largest?: boolean; sorted?: boolean } = {},
): Ordered {
  if (x.rank === 0) throw new TetradError("SHAPE", { op: "topK", what: "needs a tensor with an axis", got: formatShape(x.shape) });
  return orderedAlong(x, normalizeAxis(axis, x.rank), (rows) => applyAll(topKOp, [rows], { k, largest, sorted }));
}
