/** Reduced QR decomposition by Householder reflections. */

import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { add } from "./add.js";
import { concat } from "./concat.js";
import { zeros } from "./full.js";
import { matmul } from "./matmul.js";
import { generalCase, matrixOperand, matrixSpec, transposed } from "./matrices.js";
import { sliceAxis } from "./slice.js";
import { sub } from "./sub.js";
import { triangularSolve } from "./triangularSolve.js";
import { tril } from "./tril.js";

export const qrOp: Op<Record<string, never>> = {
  name: "qr",
  tolerance: "decomposition",
  infer([x]) {
    const { m, n, batch } = matrixSpec("qr", x as Spec);
    const k = Math.min(m, n);
    const { dtype } = x as Spec;
    return [
      { shape: [...batch, m, k], dtype },
      { shape: [...batch, k, n], dtype },
    ];
  },
  gradient({ inputs: [input], outputs, dys }) {
    const a = input as Tensor;
    const [q, r] = outputs as readonly [Tensor, Tensor];
    const dq = dys[0] ?? zeros(q.shape, q.dtype);
    const dr = dys[1] ?? zeros(r.shape, r.dtype);
    const [m, n] = a.shape.slice(-2) as [number, number];
    if (m >= n) return [squareGradient(q, r, dq, dr)];
    // A = [X | Y] = Q [U | V]: Q is that of X, and V = Qᵀ Y.
    const [y, u, du, dv] = [sliceAxis(a, -1, m), sliceAxis(r, -1, 0, m), sliceAxis(dr, -1, 0, m), sliceAxis(dr, -1, m)];
    return [concat([squareGradient(q, u, add(dq, matmul(y, dv, { transposeB: true })), du), matmul(q, dv)], -1)];
  },
  reference([input], _, [q, r]) {
    const a = input as NdArray;
    const [m, n] = a.shape.slice(-2) as [number, number];
    const k = Math.min(m, n);
    const [qs, rs] = [ndZeros((q as Spec).shape, a.dtype), ndZeros((r as Spec).shape, a.dtype)];
    for (let item = 0; item < sizeOf(a.shape.slice(0, -2)); item++) {
      householder(
        a.data.slice(item * m * n, (item + 1) * m * n),
        m,
        n,
        qs.data.subarray(item * m * k, (item + 1) * m * k),
        rs.data.subarray(item * k * n, (item + 1) * k * n),
      );
    }
    return [qs, rs];
  },
  flops([x]) {
    const { m, n, batch } = matrixSpec("qr", x as Spec);
    return sizeOf(batch) * 4 * m * n * Math.min(m, n);
  },
  cases: () => [
    ...[0, 1, 2, 3, 7, 8, 9, 17].map((n) => ({ name: `n${n}`, inputs: [generalCase([n, n], 1)], attrs: {} })),
    ...[33, 65].map((n) => ({ name: `n${n}`, inputs: [{ ...generalCase([n, n], 1), frozen: true }], attrs: {} })),
    { name: "tall", inputs: [generalCase([9, 4], 1)], attrs: {} },
    { name: "wide", inputs: [generalCase([3, 8], 1)], attrs: {} },
    { name: "row", inputs: [generalCase([1, 5], 1)], attrs: {} },
    { name: "column", inputs: [generalCase([7, 1], 1)], attrs: {} },
    { name: "batch", inputs: [generalCase([2, 3, 5, 4], 1)], attrs: {} },
    { name: "transposed", inputs: [{ ...generalCase([8, 5], 1), transposed: true }], attrs: {} },
  ],
  lowering: {
    // Outputs q, r and a float64 work area per matrix: m·n for the reflections, n + min(m, n) for row and scales. Words: matrices, m, n, strides of the input (matrix, row, column).
    kind: "launch",
    launch(context, node) {
      const [q, r] = node.outputs as readonly [Tensor, Tensor];
      const x = node.inputs[0] as Tensor;
      const { m, n, batch } = matrixSpec("qr", x);
      const a = matrixOperand(context, x);
      const work = context.temp({ shape: [sizeOf(batch), m * n + n + Math.min(m, n)], dtype: "f64" });
      context.emit({
        kernel: "qr",
        dtype: q.dtype as "f32" | "f64",
        outputs: [q, r, work],
        inputs: [a.operand],
        scalars: [sizeOf(batch), m, n, a.batch, a.row, a.column],
        flops: sizeOf(batch) * 4 * m * n * Math.min(m, n),
      });
    },
  },
  batch: ([x]) => applyAll(qrOp, [x as Tensor], {}),
};

/** Liao, Liu, Wang, Xiang, "Differentiable programming tensor networks" (2019), eq. 18: dA = (dQ + Q copyltu(R dRᵀ − dQᵀ Q)) R⁻ᵀ. */
function squareGradient(q: Tensor, r: Tensor, dq: Tensor, dr: Tensor): Tensor {
  const inner = sub(matmul(r, dr, { transposeB: true }), matmul(dq, q, { transposeA: true }));
  const symmetric = add(tril(inner), transposed(tril(inner, -1)));
  return triangularSolve(r, add(dq, matmul(q, symmetric)), { lower: false, transpose: true, left: false });
}

/** Destroys `a`; signs as LAPACK's geqrf: a reflection turns each column onto −sign of its first element. */
function householder(a: Float64Array, m: number, n: number, q: Float64Array, r: Float64Array): void {
  const k = Math.min(m, n);
  const scales = new Float64Array(k);
  const reflect = (matrix: Float64Array, columns: number, step: number, from: number): void => {
    for (let j = from; j < columns; j++) {
      let dot = matrix[step * columns + j] as number;
      for (let i = step + 1; i < m; i++) dot += (a[i * n + step] as number) * (matrix[i * columns + j] as number);
      dot *= scales[step] as number;
      matrix[step * columns + j] = (matrix[step * columns + j] as number) - dot;
      for (let i = step + 1; i < m; i++) matrix[i * columns + j] = (matrix[i * columns + j] as number) - dot * (a[i * n + step] as number);
    }
  };
  for (let step = 0; step < k; step++) {
    const head = a[step * n + step] as number;
    let tail = 0;
    for (let i = step + 1; i < m; i++) tail = Math.hypot(tail, a[i * n + step] as number);
    if (tail === 0) continue;
    const beta = -Math.hypot(head, tail) * (head < 0 ? -1 : 1);
    scales[step] = (beta - head) / beta;
    for (let i = step + 1; i < m; i++) a[i * n + step] = (a[i * n + step] as number) / (head - beta);
    a[step * n + step] = beta;
    reflect(a, n, step, step + 1);
  }
  for (let i = 0; i < k; i++) for (let j = i; j < n; j++) r[i * n + j] = a[i * n + j] as number;
  for (let i = 0; i < k; i++) q[i * k + i] = 1;
  for (let step = k - 1; step >= 0; step--) reflect(q, k, step, step);
}

/**
 * A = Q R with orthonormal columns in Q and R upper triangular: (…, m, n) gives (…, m, k) and (…, k, n), k = min(m, n). The diagonal of R
 * may be negative (LAPACK's choice of signs). The gradient needs the first k columns of A to be independent.
 */
export function qr(a: Tensor): { q: Tensor; r: Tensor } {
  const [q, r] = applyAll(qrOp, [a], {}) as readonly [Tensor, Tensor];
  return { q, r };
}
