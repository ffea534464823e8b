/** LU factors with partial pivoting: the shared first half of solve, inverse and determinant. */

import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { generalCase, matrixOperand, squareSpec } from "./matrices.js";

export const luFactorOp: Op<Record<string, never>> = {
  name: "luFactor",
  tolerance: "decomposition",
  infer([x]) {
    const { n, batch } = squareSpec("luFactor", x as Spec);
    return [
      { shape: [...batch, n, n], dtype: (x as Spec).dtype },
      { shape: [...batch, n], dtype: "i32" },
    ];
  },
  gradient() {
    throw new TetradError("UNSUPPORTED", {
      op: "luFactor",
      what: "has no gradient of its own",
      hint: "differentiate solve, inverse, slogdet or det of the matrix",
    });
  },
  reference([input], _, [packed, places]) {
    const a = input as NdArray;
    const n = a.shape[a.shape.length - 1] as number;
    const lu: NdArray = { shape: (packed as Spec).shape, dtype: a.dtype, data: a.data.slice() };
    const pivots = ndZeros((places as Spec).shape, "i32");
    for (let item = 0; item * n * n < a.data.length; item++)
      factor(lu.data.subarray(item * n * n, (item + 1) * n * n), pivots.data.subarray(item * n, (item + 1) * n), n);
    return [lu, pivots];
  },
  flops([x]) {
    const { n, batch } = squareSpec("luFactor", x as Spec);
    return (sizeOf(batch) * 2 * n ** 3) / 3;
  },
  cases: () => [
    ...[0, 1, 2, 3, 7, 8, 9, 17, 33, 65].map((n) => ({ name: `n${n}`, inputs: [{ ...generalCase([n, n], 1), frozen: true }], attrs: {} })),
    { name: "batch", inputs: [{ ...generalCase([2, 3, 5, 5], 1), frozen: true }], attrs: {} },
    { name: "transposed", inputs: [{ ...generalCase([9, 9], 1), frozen: true, transposed: true }], attrs: {} },
    { name: "swap", inputs: [{ shape: [2, 2], values: [0, 1, 2, 3], frozen: true }], attrs: {} },
  ],
  lowering: {
    // Words: matrices, n, strides of the input (matrix, row, column).
    kind: "launch",
    launch(context, node) {
      const [lu, pivots] = node.outputs as readonly [Tensor, Tensor];
      const { n, batch } = squareSpec("luFactor", lu);
      const a = matrixOperand(context, node.inputs[0] as Tensor);
      context.emit({
        kernel: "lu_factor",
        dtype: lu.dtype as "f32" | "f64",
        outputs: [lu, pivots],
        inputs: [a.operand],
        scalars: [sizeOf(batch), n, a.batch, a.row, a.column],
        flops: (sizeOf(batch) * 2 * n ** 3) / 3,
      });
    },
  },
  batch: ([x]) => applyAll(luFactorOp, [x as Tensor], {}),
};

/** Factors one matrix in place; pivots[k] is the row that was exchanged with row k. */
function factor(a: Float64Array, pivots: Float64Array, n: number): void {
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k] as number) > Math.abs(a[pivot * n + k] as number)) pivot = i;
    pivots[k] = pivot;
    if (pivot !== k) {
      for (let j = 0; j < n; j++) [a[k * n + j], a[pivot * n + j]] = [a[pivot * n + j] as number, a[k * n + j] as number];
    }
    for (let i = k + 1; i < n; i++) {
      const factor = (a[i * n + k] as number) / (a[k * n + k] as number);
      a[i * n + k] = factor;
      for (let j = k + 1; j < n; j++) a[i * n + j] = (a[i * n + j] as number) - factor * (a[k * n + j] as number);
    }
  }
}

/**
 * P A = L U in one matrix: U on and above the diagonal, L below it, its unit diagonal not stored; and pivots[k], the row exchanged with
 * row k in step k. Not differentiable by itself: `solve`, `inverse` and `slogdet` are. A singular matrix gives a zero on U's diagonal.
 * @param a (…, n, n)
 */
export function luFactor(a: Tensor): { lu: Tensor; pivots: Tensor } {
  const [lu, pivots] = applyAll(luFactorOp, [a], {}) as readonly [Tensor, Tensor];
  return { lu, pivots };
}
