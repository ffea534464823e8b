/** Elements in order along an axis, with the positions they came from. */

import type { NumberDType } from "../dtype.js";
import { ndZeros } from "../nd.js";
import { HOSTILE_EXTENTS, type Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { specOf } from "./identity.js";
import { forEachRow, rowWords } from "./rows.js";
import { awkwardRows, type Ordered, orderedAlong, orderOf, requireRows, scatterBack } from "./sortOrder.js";

type Attrs = { readonly descending: boolean };

export const sortOp: Op<Attrs> = {
  name: "sort",
  tolerance: "exact",
  infer([input]) {
    const x = input as Spec;
    requireRows("sort", x);
    return [specOf(x), { ...specOf(x), dtype: "i32" }];
  },
  gradient: ({ inputs: [x], outputs: [, indices], dys: [dy] }) => [scatterBack(x as Tensor, indices as Tensor, dy)],
  reference([input], { descending }) {
    const x = input as NonNullable<typeof input>;
    const [values, indices] = [ndZeros(x.shape, x.dtype), ndZeros(x.shape, "i32")];
    forEachRow(x, (row, at) => {
      orderOf(row, descending).forEach((from, i) => {
        values.data[at + i] = row[from] as number;
        indices.data[at + i] = from;
      });
    });
    return [values, indices];
  },
  flops([input]) {
    const { shape } = input as Spec;
    return sizeOf(shape) * Math.ceil(Math.log2(Math.max(2, shape[shape.length - 1] as number)));
  },
  cases: () => [
    ...HOSTILE_EXTENTS.map((n) => ({ name: `row ${n}`, inputs: [{ shape: [3, n] }], attrs: { descending: n % 2 === 0 } })),
    ...awkwardRows({ descending: false }),
    ...awkwardRows({ descending: true }).map((single) => ({ ...single, name: `${single.name}, backwards` })),
    { name: "vector", inputs: [{ shape: [17] }], attrs: { descending: false } },
    { name: "transposed", inputs: [{ shape: [9, 17], transposed: true }], attrs: { descending: true } },
    { name: "three axes", inputs: [{ shape: [2, 3, 9] }], attrs: { descending: false } },
    { name: "long", inputs: [{ shape: [1, 5003] }], attrs: { descending: false } },
    { name: "few long rows", inputs: [{ shape: [3, 1501] }], attrs: { descending: true } },
    { name: "many rows", inputs: [{ shape: [65, 129] }], attrs: { descending: false } },
  ],
  lowering: {
    // Words: rows, their length, 1 when descending; two buffers for the merges are outputs as well.
    kind: "launch",
    launch(context, node, { descending }) {
      const x = node.inputs[0] as Tensor;
      const spares = node.outputs.map((y) => context.temp(specOf(y)));
      context.emit({
        kernel: "sort",
        dtype: x.dtype as NumberDType,
        outputs: [...node.outputs, ...spares],
        inputs: [context.contiguous(x)],
        scalars: [...rowWords(x), Number(descending)],
        flops: node.op.flops(node.inputs, node.outputs, node.attrs),
      });
    },
  },
  bounded: true,
  batch: ([x], _, attrs) => applyAll(sortOp, [x as Tensor], attrs),
};

/**
 * The elements of `x` in ascending (or descending) order along `axis`, and the i32 positions they came from: torch.sort(stable=True).
 * Equal elements keep their order either way. NaN counts as largest: last ascending, first descending. The gradient goes back to where the values came from.
 */
export function sort(x: Tensor, axis = -1, { descending = false }: Partial<Attrs> = {}): Ordered {
  return orderedAlong(x, axis, (rows) => applyAll(sortOp, [rows], { descending }));
}
