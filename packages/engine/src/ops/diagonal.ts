/** The main diagonal of matrices, read in place with one joint stride. */

import { TetradError } from "../errors.js";
import { ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { formatShape, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { diagEmbed } from "./diag.js";
import { pad } from "./pad.js";

export const diagonalOp: Op<Record<string, never>> = {
  name: "diagonal",
  tolerance: "exact",
  infer([input]) {
    const x = input as Spec;
    const [m, n] = x.shape.slice(-2);
    if (m === undefined || n === undefined)
      throw new TetradError("SHAPE", { op: "diagonal", what: "needs a matrix", got: formatShape(x.shape), expected: "(…, m, n)" });
    if (x.bound !== undefined && x.shape.length === 2)
      throw new TetradError("UNSUPPORTED", {
        op: "diagonal",
        what: `a matrix with the bounded axis "${x.bound.name}" has no diagonal of fixed length`,
      });
    return [{ shape: [...x.shape.slice(0, -2), Math.min(m, n)], dtype: x.dtype, ...(x.bound && { bound: x.bound }) }];
  },
  gradient({ inputs: [input], dy }) {
    const [m, n] = (input as Tensor).shape.slice(-2) as [number, number];
    const k = Math.min(m, n);
    return [pad(diagEmbed(dy), [...dy.shape.slice(0, -1).map(() => [0, 0] as const), [0, m - k], [0, n - k]])];
  },
  reference([input], _, [output]) {
    const x = input as NonNullable<typeof input>;
    const y = ndZeros((output as Spec).shape, x.dtype);
    const [m, n] = x.shape.slice(-2) as [number, number];
    const k = Math.min(m, n);
    for (let item = 0; item < sizeOf(x.shape.slice(0, -2)); item++) {
      for (let i = 0; i < k; i++) y.data[item * k + i] = x.data[item * m * n + i * (n + 1)] as number;
    }
    return [y];
  },
  flops: () => 0,
  cases: () => [
    ...[0, 1, 2, 3, 9, 17, 33].map((n) => ({ name: `n${n}`, inputs: [{ shape: [n, n] }], attrs: {} })),
    { name: "wide", inputs: [{ shape: [2, 3, 7] }], attrs: {} },
    { name: "tall", inputs: [{ shape: [8, 5] }], attrs: {} },
    { name: "transposed", inputs: [{ shape: [9, 17], transposed: true }], attrs: {} },
  ],
  lowering: {
    kind: "view",
    view({ offset, shape, strides }) {
      const [m, n] = shape.slice(-2) as [number, number];
      const [row, column] = strides.slice(-2) as [number, number];
      return { offset, shape: [...shape.slice(0, -2), Math.min(m, n)], strides: [...strides.slice(0, -2), row + column] };
    },
  },
  bounded: true,
  batch: ([x]) => [diagonal(x as Tensor)],
};

/** The elements [i, i] of the last two axes: (…, m, n) gives (…, min(m, n)). A view. */
export function diagonal(x: Tensor): Tensor {
  return apply(diagonalOp, [x], {});
}
