/** A tensor set into a larger one that is filled with a constant; elements may be set apart, which makes it the reverse of a slice with steps. */

import { byteSize } from "../dtype.js";
import { TetradError } from "../errors.js";
import { forEachStrided, ndZeros } from "../nd.js";
import type { Op, Scalar } from "../op.js";
import { sizeOf, stridesOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { sliceOp } from "./slice.js";
import { elementWords, liveCount } from "./strided.js";

/** Per axis: elements before, after, and between two neighbours. */
type Attrs = {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly interior: readonly number[];
  readonly value: number;
};

function paddedExtent(extent: number, low: number, high: number, interior: number): number {
  return low + high + extent + Math.max(0, extent - 1) * interior;
}

export const padOp: Op<Attrs> = {
  name: "pad",
  tolerance: "exact",
  infer([input], { low, high, interior }) {
    const x = input as Spec;
    const rank = x.shape.length;
    if (
      low.length !== rank ||
      high.length !== rank ||
      interior.length !== rank ||
      ![...low, ...high, ...interior].every((n) => Number.isInteger(n) && n >= 0)
    ) {
      throw new TetradError("ARGUMENT", {
        op: "pad",
        what: "needs a pair of non-negative integers per axis",
        got: `before [${low.join(", ")}], after [${high.join(", ")}]`,
        expected: `${rank} pairs`,
      });
    }
    if (x.bound !== undefined && [low[0], high[0], interior[0]].some((n) => n !== 0)) {
      throw new TetradError("UNSUPPORTED", { op: "pad", what: `cannot pad the bounded axis "${x.bound.name}"` });
    }
    const shape = x.shape.map((extent, i) => paddedExtent(extent, low[i] as number, high[i] as number, interior[i] as number));
    return [{ shape, dtype: x.dtype, ...(x.bound && { bound: x.bound }) }];
  },
  gradient: ({ inputs: [x], dy, attrs }) => [
    apply(sliceOp, [dy], { begins: attrs.low, extents: (x as Tensor).shape, steps: attrs.interior.map((gap) => gap + 1) }),
  ],
  reference([input], { low, interior, value }, [output]) {
    const x = input as NonNullable<typeof input>;
    const y = ndZeros((output as Spec).shape, x.dtype);
    y.data.fill(value);
    const dense = stridesOf(y.shape);
    const base = low.reduce((at, n, axis) => at + n * (dense[axis] as number), 0);
    forEachStrided(x.shape, [dense.map((stride, axis) => stride * ((interior[axis] as number) + 1))], (index, [at]) => {
      y.data[base + (at as number)] = x.data[index] as number;
    });
    return [y];
  },
  flops: () => 0,
  cases: () => [
    ...[0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65, 257].map((n) => ({
      name: `n${n}`,
      inputs: [{ shape: [n] }],
      attrs: { low: [1], high: [2], interior: [0], value: 3 },
    })),
    { name: "rows", inputs: [{ shape: [3, 7] }], attrs: { low: [2, 0], high: [1, 0], interior: [0, 0], value: 0 } },
    { name: "frame", inputs: [{ shape: [2, 5, 9] }], attrs: { low: [0, 1, 3], high: [0, 2, 0], interior: [0, 0, 0], value: -1.5 } },
    { name: "apart", inputs: [{ shape: [3, 8] }], attrs: { low: [1, 0], high: [0, 2], interior: [2, 1], value: 0 } },
    { name: "empty", inputs: [{ shape: [0, 3] }], attrs: { low: [2, 1], high: [1, 0], interior: [4, 0], value: 7 } },
    {
      name: "transposed",
      inputs: [{ shape: [9, 17], transposed: true }],
      attrs: { low: [0, 2], high: [1, 1], interior: [0, 0], value: 0 },
    },
    {
      name: "i32",
      inputs: [{ shape: [2, 3], dtype: "i32", values: [1, 2, 3, 4, 5, 6], frozen: true }],
      attrs: { low: [0, 1], high: [1, 0], interior: [0, 0], value: -7 },
    },
    { name: "scalar", inputs: [{ shape: [] }], attrs: { low: [], high: [], interior: [], value: 0 } },
  ],
  lowering: {
    // Words: bytes per element, fill value (two words), rows of the output, rank, and per axis (input extent, output extent, input stride, low, gap).
    kind: "launch",
    launch(context, node, { low, interior, value }) {
      const [x, y] = [node.inputs[0] as Tensor, node.outputs[0] as Tensor];
      const operand = context.operand(x);
      const rows = sizeOf(y.shape.slice(0, -1));
      const words: Scalar[] = [
        byteSize(y.dtype),
        ...elementWords(value, y.dtype),
        y.rank > 1 ? liveCount(rows, y.bound, y.shape[0] as number) : rows,
        y.rank,
      ];
      y.shape.forEach((extent, axis) => {
        words.push(x.shape[axis] as number, extent, operand.strides[axis] as number, low[axis] as number, (interior[axis] as number) + 1);
      });
      context.emit({ kernel: "pad", dtype: undefined, outputs: [y], inputs: [operand], scalars: words, flops: 0 });
    },
  },
  bounded: true,
  batch: ([x], _, { low, high, interior, value }) => [
    apply(padOp, [x as Tensor], { low: [0, ...low], high: [0, ...high], interior: [0, ...interior], value }),
  ],
};

/**
 * `x` with `padding[i] = [before, after]` elements of `value` added along axis i.
 * Throws ARGUMENT when there is not one pair of non-negative integers per axis.
 */
export function pad(x: Tensor, padding: readonly (readonly [number, number])[], value = 0): Tensor {
  if (padding.length === x.rank && padding.every(([before, after]) => before === 0 && after === 0)) return x;
  return apply(padOp, [x], {
    low: padding.map(([before]) => before),
    high: padding.map(([, after]) => after),
    interior: padding.map(() => 0),
    value,
  });
}
