/** The lower Cholesky factor of symmetric positive definite matrices. */

import { ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply, constant } from "../trace.js";
import { add } from "./add.js";
import { matmul } from "./matmul.js";
import { generalCase, matrixOperand, squareSpec, symmetricCase, transposed } from "./matrices.js";
import { mul } from "./mul.js";
import { triangularSolve } from "./triangularSolve.js";
import { tril } from "./tril.js";

/** Ones below the diagonal, halves on it. */
function halfDiagonal(n: number, x: Tensor): Tensor {
  const weights = Float64Array.from({ length: n * n }, (_, at) => (Math.floor(at / n) === at % n ? 0.5 : 1));
  return mul(tril(x), constant(weights, [n, n], x.dtype));
}

export const choleskyOp: Op<Record<string, never>> = {
  name: "cholesky",
  tolerance: "decomposition",
  infer([x]) {
    squareSpec("cholesky", x as Spec);
    return [{ shape: (x as Spec).shape, dtype: (x as Spec).dtype }];
  },
  // Murray, "Differentiation of the Cholesky decomposition" (2016), eq. 8: S = L⁻ᵀ Φ(Lᵀ dL) L⁻¹, of which the symmetric part.
  gradient({ outputs: [factor], dy }) {
    const l = factor as Tensor;
    const inner = halfDiagonal(l.shape[l.rank - 1] as number, matmul(l, dy, { transposeA: true }));
    const left = triangularSolve(l, inner, { transpose: true });
    const s = triangularSolve(l, left, { left: false });
    return [mul(add(s, transposed(s)), 0.5)];
  },
  reference([input]) {
    const a = input as NonNullable<typeof input>;
    const n = a.shape[a.shape.length - 1] as number;
    const l = ndZeros(a.shape, a.dtype);
    for (let base = 0; base < a.data.length; base += n * n) {
      const at = (i: number, j: number) => base + i * n + j;
      let definite = true;
      for (let i = 0; i < n && definite; i++) {
        for (let j = 0; j <= i; j++) {
          let value = ((a.data[at(i, j)] as number) + (a.data[at(j, i)] as number)) / 2;
          for (let k = 0; k < j; k++) value -= (l.data[at(i, k)] as number) * (l.data[at(j, k)] as number);
          if (i === j) definite = value > 0 && value < Infinity;
          l.data[at(i, j)] = i === j ? Math.sqrt(value) : value / (l.data[at(j, j)] as number);
        }
      }
      if (!definite) l.data.fill(Number.NaN, base, base + n * n);
    }
    return [l];
  },
  flops([x]) {
    const { n, batch } = squareSpec("cholesky", x as Spec);
    return (sizeOf(batch) * n ** 3) / 3;
  },
  cases: () => [
    ...[0, 1, 2, 3, 7, 8, 9, 15, 17, 33].map((n) => ({ name: `n${n}`, inputs: [symmetricCase([n, n])], attrs: {} })),
    { name: "n65", inputs: [{ ...symmetricCase([65, 65]), frozen: true }], attrs: {} },
    { name: "batch", inputs: [symmetricCase([2, 3, 5, 5])], attrs: {} },
    { name: "transposed", inputs: [{ ...symmetricCase([9, 9]), transposed: true }], attrs: {} },
    {
      name: "asymmetric",
      inputs: [generalCase([3, 3], 0)].map(({ shape, values }) => ({
        shape,
        values: (values as number[]).map((v, i) => (i % 4 === 0 ? 3 + v : v)),
      })),
      attrs: {},
    },
    { name: "indefinite", inputs: [{ shape: [2, 2, 2], values: [1, 2, 2, 1, 4, 2, 2, 5], frozen: true }], attrs: {} },
  ],
  lowering: {
    // Words: matrices, n, strides of the input (matrix, row, column).
    kind: "launch",
    launch(context, node) {
      const y = node.outputs[0] as Tensor;
      const { n, batch } = squareSpec("cholesky", y);
      const a = matrixOperand(context, node.inputs[0] as Tensor);
      context.emit({
        kernel: "cholesky",
        dtype: y.dtype as "f32" | "f64",
        outputs: [y],
        inputs: [a.operand],
        scalars: [sizeOf(batch), n, a.batch, a.row, a.column],
        flops: (sizeOf(batch) * n ** 3) / 3,
      });
    },
  },
  batch: ([x]) => [cholesky(x as Tensor)],
};

/**
 * L with L Lᵀ = (A + Aᵀ)/2, zeros above its diagonal: (…, n, n). The symmetric part is what is factored, so the gradient is symmetric.
 * A matrix that is not positive definite gives a factor full of NaN, for nothing else can be said without stopping the step.
 */
export function cholesky(a: Tensor): Tensor {
  return apply(choleskyOp, [a], {});
}
