/** Linear systems from LU factors. The matrix itself is an operand too: gradients go to it, and factors are never differentiated. */

import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op, OpCase } from "../op.js";
import { formatShape, type Shape, sameShape, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { luFactorOp } from "./luFactor.js";
import { matmul } from "./matmul.js";
import { generalCase, matrixOperand, matrixSpec, squareSpec, vectorOperand, withBatch } from "./matrices.js";
import { neg } from "./neg.js";

/** `transpose`: solve Aᵀ X = B. */
type Attrs = { readonly transpose: boolean };

/** Inputs: A, its factors, its pivots, B. */
export const luSolveOp: Op<Attrs> = {
  name: "luSolve",
  tolerance: "decomposition",
  infer([a, lu, pivots, b]) {
    const { n, batch } = squareSpec("solve", a as Spec);
    const right = matrixSpec("solve", b as Spec);
    if (right.m !== n || !sameShape(batch, right.batch) || (a as Spec).dtype !== (b as Spec).dtype) {
      throw new TetradError((a as Spec).dtype === (b as Spec).dtype ? "SHAPE" : "DTYPE", {
        op: "solve",
        what: "matrix and right-hand side do not fit",
        got: `${(a as Spec).dtype} ${formatShape((a as Spec).shape)} and ${(b as Spec).dtype} ${formatShape((b as Spec).shape)}`,
        expected: "(…, n, n) and (…, n, k) of one type",
      });
    }
    if (!sameShape((lu as Spec).shape, (a as Spec).shape) || !sameShape((pivots as Spec).shape, (a as Spec).shape.slice(0, -1))) {
      throw new TetradError("SHAPE", {
        op: "solve",
        what: "factors of another matrix",
        got: formatShape((lu as Spec).shape),
        expected: formatShape((a as Spec).shape),
      });
    }
    return [{ shape: (b as Spec).shape, dtype: (b as Spec).dtype }];
  },
  gradient({ inputs: [a, lu, pivots], outputs: [solution], dy, attrs: { transpose } }) {
    const x = solution as Tensor;
    const db = apply(luSolveOp, [a as Tensor, lu as Tensor, pivots as Tensor, dy], { transpose: !transpose });
    const [p, q] = transpose ? [x, db] : [db, x];
    return [neg(matmul(p, q, { transposeB: true })), undefined, undefined, db];
  },
  reference([, lu, pivots, b], attrs) {
    const [factors, places, rhs] = [lu as NdArray, pivots as NdArray, b as NdArray];
    const [n, k] = rhs.shape.slice(-2) as [number, number];
    const x = ndZeros(rhs.shape, rhs.dtype);
    x.data.set(rhs.data);
    for (let item = 0; item < sizeOf(rhs.shape.slice(0, -2)); item++) {
      const of = (array: NdArray, size: number) => array.data.subarray(item * size, (item + 1) * size);
      for (let c = 0; c < k; c++) solveColumn(of(factors, n * n), of(places, n), of(x, n * k), n, k, c, attrs.transpose);
    }
    return [x];
  },
  flops([a, , , b]) {
    const { n, batch } = squareSpec("solve", a as Spec);
    return sizeOf(batch) * 2 * n * n * ((b as Spec).shape.at(-1) as number);
  },
  cases: () => luSolveCases(),
  lowering: {
    // Words: matrices, n, columns, transpose, strides of the factors (matrix, row, column), stride of the pivots, strides of the right-hand side (matrix, row, column).
    kind: "launch",
    launch(context, node, { transpose }) {
      const [, lu, pivots, b] = node.inputs as readonly [Tensor, Tensor, Tensor, Tensor];
      const x = node.outputs[0] as Tensor;
      const { n, batch } = squareSpec("solve", lu);
      const k = x.shape[x.rank - 1] as number;
      const [factors, places, rhs] = [matrixOperand(context, lu), vectorOperand(context, pivots), matrixOperand(context, b)];
      context.emit({
        kernel: "lu_solve",
        dtype: x.dtype as "f32" | "f64",
        outputs: [x],
        inputs: [factors.operand, places.operand, rhs.operand],
        scalars: [
          sizeOf(batch),
          n,
          k,
          Number(transpose),
          factors.batch,
          factors.row,
          factors.column,
          places.batch,
          rhs.batch,
          rhs.row,
          rhs.column,
        ],
        flops: sizeOf(batch) * 2 * n * n * k,
      });
    },
  },
  batch: (inputs, batched, attrs) => [apply(luSolveOp, withBatch(inputs, batched), attrs)],
};

/** Column c of x holds the right-hand side and is overwritten by the solution. */
function solveColumn(lu: Float64Array, pivots: Float64Array, x: Float64Array, n: number, k: number, c: number, transpose: boolean): void {
  const exchange = (i: number): void => {
    const j = pivots[i] as number;
    [x[i * k + c], x[j * k + c]] = [x[j * k + c] as number, x[i * k + c] as number];
  };
  const element = (i: number, j: number) => (transpose ? lu[j * n + i] : lu[i * n + j]) as number;
  const forwards = (unit: boolean): void => {
    for (let i = 0; i < n; i++) {
      let value = x[i * k + c] as number;
      for (let j = 0; j < i; j++) value -= element(i, j) * (x[j * k + c] as number);
      x[i * k + c] = unit ? value : value / element(i, i);
    }
  };
  const backwards = (unit: boolean): void => {
    for (let i = n - 1; i >= 0; i--) {
      let value = x[i * k + c] as number;
      for (let j = n - 1; j > i; j--) value -= element(i, j) * (x[j * k + c] as number);
      x[i * k + c] = unit ? value : value / element(i, i);
    }
  };
  if (!transpose) {
    for (let i = 0; i < n; i++) exchange(i);
    forwards(true);
    backwards(false);
  } else {
    // Aᵀ = Uᵀ Lᵀ P
    forwards(false);
    backwards(true);
    for (let i = n - 1; i >= 0; i--) exchange(i);
  }
}

function luSolveCases(): OpCase<Attrs>[] {
  const one = (name: string, batch: Shape, n: number, k: number, transpose: boolean): OpCase<Attrs> => {
    const a = generalCase([...batch, n, n], 1);
    const values = Float64Array.from(a.values as number[]);
    const specs = luFactorOp.infer([{ shape: a.shape, dtype: "f64" }], {});
    const [lu, pivots] = luFactorOp.reference([{ shape: a.shape, dtype: "f64", data: values }], {}, specs) as readonly [NdArray, NdArray];
    return {
      name,
      inputs: [
        // The value does not depend on it, only the gradient does: central differences would see zero.
        { ...a, frozen: true },
        { shape: lu.shape, values: Array.from(lu.data, Math.fround), frozen: true },
        { shape: pivots.shape, dtype: "i32", values: [...pivots.data], frozen: true },
        { shape: [...batch, n, k] },
      ],
      attrs: { transpose },
    };
  };
  const cases = [0, 1, 2, 3, 7, 9, 17, 33].flatMap((n) => [one(`n${n}`, [], n, 3, false), one(`n${n} transposed`, [], n, 3, true)]);
  cases.push(
    one("vector", [], 8, 1, false),
    one("vector transposed", [], 8, 1, true),
    one("batch", [2, 3], 5, 6, false),
    one("batch transposed", [2, 3], 5, 6, true),
    one("wide", [], 5, 33, false),
  );
  return cases;
}
