/** Running sums along an axis, accumulated in float64; integers wrap around. */

import { type NumberDType, requireNumbers } from "../dtype.js";
import { type NdArray, ndAdd, ndZeros } from "../nd.js";
import { type Count, HOSTILE_EXTENTS, type Op, type OpCase } from "../op.js";
import { normalizeAxis, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { asNumbers } from "./cast.js";
import { specOf } from "./identity.js";

type Attrs = { readonly axis: number; readonly reverse: boolean };

export const cumsumOp: Op<Attrs> = {
  name: "cumsum",
  tolerance: "reduction",
  infer([input]) {
    const x = input as Spec;
    requireNumbers("cumsum", x.dtype);
    return [specOf(x)];
  },
  gradient: ({ dy, attrs: { axis, reverse } }) => [apply(cumsumOp, [dy], { axis, reverse: !reverse })],
  reference([input], { axis, reverse }) {
    const x = input as NdArray;
    const y = ndZeros(x.shape, x.dtype);
    const { outer, n, inner } = split(x.shape, axis);
    const add = ndAdd(x.dtype);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let total = 0;
        for (let j = 0; j < n; j++) {
          const at = (o * n + (reverse ? n - 1 - j : j)) * inner + i;
          total = add(total, x.data[at] as number);
          y.data[at] = total;
        }
      }
    }
    return [y];
  },
  flops: ([x]) => sizeOf((x as Spec).shape),
  cases: () => cumsumCases(),
  lowering: {
    // Words: slabs, length, stride of the axis in elements (the slab's inner extent), 1 when it runs backwards.
    kind: "launch",
    launch(context, node, { axis, reverse }) {
      const x = node.inputs[0] as Tensor;
      const { outer, n, inner } = split(x.shape, axis);
      const live = (count: number): Count =>
        x.bound === undefined || count === 0 ? count : { live: x.bound, times: count / (x.shape[0] as number) };
      context.emit({
        kernel: "cumsum",
        dtype: x.dtype as NumberDType,
        outputs: node.outputs,
        inputs: [context.contiguous(x)],
        scalars: [axis === 0 ? outer : live(outer), axis === 0 ? live(n) : n, inner, Number(reverse)],
        flops: x.size,
      });
    },
  },
  bounded: true,
  batch: ([x], _, { axis, reverse }) => [apply(cumsumOp, [x as Tensor], { axis: axis + 1, reverse })],
};

function split(shape: readonly number[], axis: number): { outer: number; n: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), n: shape[axis] as number, inner: sizeOf(shape.slice(axis + 1)) };
}

function cumsumCases(): OpCase<Attrs>[] {
  const cases: OpCase<Attrs>[] = [];
  for (const n of HOSTILE_EXTENTS) {
    cases.push({ name: `row ${n}`, inputs: [{ shape: [3, n] }], attrs: { axis: 1, reverse: n % 2 === 1 } });
    cases.push({ name: `column ${n}`, inputs: [{ shape: [n, 5] }], attrs: { axis: 0, reverse: n % 2 === 0 } });
  }
  cases.push({ name: "middle", inputs: [{ shape: [4, 17, 9] }], attrs: { axis: 1, reverse: false } });
  cases.push({ name: "transposed", inputs: [{ shape: [9, 17], transposed: true }], attrs: { axis: 1, reverse: true } });
  const wide = { dtype: "i32", range: [-(2 ** 31), 2 ** 31], frozen: true } as const;
  cases.push({ name: "i32 row", inputs: [{ ...wide, shape: [3, 33] }], attrs: { axis: 1, reverse: false } });
  cases.push({ name: "i32 column", inputs: [{ ...wide, shape: [33, 7] }], attrs: { axis: 0, reverse: true } });
  cases.push({ name: "i32 long", inputs: [{ ...wide, shape: [2, 9001] }], attrs: { axis: 1, reverse: false } });
  return cases;
}

/** y[i] = x[0] + … + x[i] along `axis`, or x[i] + … + x[n−1] with `reverse`. Integers stay i32 and wrap around beyond it. */
export function cumsum(x: Tensor, axis = -1, { reverse = false }: { reverse?: boolean } = {}): Tensor {
  return apply(cumsumOp, [asNumbers(x)], { axis: normalizeAxis(axis, x.rank), reverse });
}
