/** Eigenvalues and eigenvectors of symmetric matrices. */

import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll, constant } from "../trace.js";
import { add } from "./add.js";
import { diagEmbed } from "./diag.js";
import { expandDims } from "./expandDims.js";
import { matmul } from "./matmul.js";
import { matrixOperand, squareSpec, symmetricCase, transposed } from "./matrices.js";
import { mul } from "./mul.js";
import { reciprocal } from "./reciprocal.js";
import { sub } from "./sub.js";
import { where } from "./where.js";

export const eighOp: Op<Record<string, never>> = {
  name: "eigh",
  tolerance: "decomposition",
  infer([x]) {
    const { n, batch } = squareSpec("eigh", x as Spec);
    const { shape, dtype } = x as Spec;
    return [
      { shape: [...batch, n], dtype },
      { shape, dtype },
    ];
  },
  // dA = V (diag(dw) + F ∘ (Vᵀ dV)) Vᵀ, its symmetric part, with F[i, j] = 1/(w[j] − w[i]) off the diagonal.
  gradient({ outputs, dys: [dw, dv] }) {
    const [w, v] = outputs as readonly [Tensor, Tensor];
    const n = w.shape[w.rank - 1] as number;
    const back = (inner: Tensor) => matmul(matmul(v, inner), v, { transposeB: true });
    const direct = dw === undefined ? undefined : diagEmbed(dw);
    if (dv === undefined) return [direct === undefined ? undefined : back(direct)];
    const onDiagonal = constant(
      Uint8Array.from({ length: n * n }, (_, at) => Number(Math.floor(at / n) === at % n)),
      [n, n],
      "bool",
    );
    const gaps = where(onDiagonal, 1, sub(expandDims(w, -2), expandDims(w, -1)));
    const turned = where(onDiagonal, 0, mul(reciprocal(gaps), matmul(v, dv, { transposeA: true })));
    const da = back(direct === undefined ? turned : add(direct, turned));
    return [mul(add(da, transposed(da)), 0.5)];
  },
  reference([input], _, [w, v]) {
    const a = input as NdArray;
    const n = a.shape[a.shape.length - 1] as number;
    const [values, vectors] = [ndZeros((w as Spec).shape, a.dtype), ndZeros((v as Spec).shape, a.dtype)];
    for (let item = 0; item < sizeOf(a.shape.slice(0, -2)); item++) {
      jacobi(
        a.data.slice(item * n * n, (item + 1) * n * n),
        n,
        values.data.subarray(item * n, (item + 1) * n),
        vectors.data.subarray(item * n * n, (item + 1) * n * n),
      );
    }
    return [values, vectors];
  },
  flops([x]) {
    const { n, batch } = squareSpec("eigh", x as Spec);
    return sizeOf(batch) * 9 * n ** 3;
  },
  cases: () => [
    ...[0, 1, 2, 3, 7, 8, 9, 17].map((n) => ({ name: `n${n}`, inputs: [symmetricCase([n, n], 3 * n)], attrs: {} })),
    ...[33, 65].map((n) => ({ name: `n${n}`, inputs: [{ ...symmetricCase([n, n], 3 * n), frozen: true }], attrs: {} })),
    { name: "batch", inputs: [symmetricCase([2, 3, 5, 5], 15)], attrs: {} },
    { name: "transposed", inputs: [{ ...symmetricCase([9, 9], 27), transposed: true }], attrs: {} },
    { name: "asymmetric", inputs: [{ shape: [2, 2], values: [1, 0.5, -0.25, 4] }], attrs: {} },
    { name: "diagonal", inputs: [{ shape: [3, 3], values: [3, 0, 0, 0, -1, 0, 0, 0, 2] }], attrs: {} },
    { name: "spread", inputs: [{ shape: [2, 2], values: [1e6, 1, 1, 1e-3], frozen: true }], attrs: {} },
  ],
  lowering: {
    // Outputs w, v and a float64 work area per matrix: matrix, basis, diagonal and marks. Words: matrices, n, strides of the input (matrix, row, column).
    kind: "launch",
    launch(context, node) {
      const [w, v] = node.outputs as readonly [Tensor, Tensor];
      const { n, batch } = squareSpec("eigh", v);
      const a = matrixOperand(context, node.inputs[0] as Tensor);
      const work = context.temp({ shape: [sizeOf(batch), 2 * n * n + 2 * n], dtype: "f64" });
      context.emit({
        kernel: "eigh",
        dtype: w.dtype as "f32" | "f64",
        outputs: [w, v, work],
        inputs: [a.operand],
        scalars: [sizeOf(batch), n, a.batch, a.row, a.column],
        flops: sizeOf(batch) * 9 * n ** 3,
      });
    },
  },
  batch: ([x]) => applyAll(eighOp, [x as Tensor], {}),
};

/** Sweeps of cyclic Jacobi; it converges quadratically, in fewer than ten at these sizes. */
const MOST_SWEEPS = 60;
/** Components this close to a vector's largest count as equal to it, so that rounding does not choose its sign. */
const SIGN_TIE = 1 - 1e-6;

/** Destroys `a`, which is symmetrised first. Golub & Van Loan, 8.5. */
function jacobi(a: Float64Array, n: number, values: Float64Array, vectors: Float64Array): void {
  const at = (i: number, j: number) => a[i * n + j] as number;
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[i * n + j] = a[j * n + i] = (at(i, j) + at(j, i)) / 2;
  if (!a.every(Number.isFinite)) {
    values.fill(Number.NaN);
    vectors.fill(Number.NaN);
    return;
  }
  const basis = new Float64Array(n * n);
  for (let i = 0; i < n; i++) basis[i * (n + 1)] = 1;
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(at(p, q)) <= 1e-18 * (Math.sqrt(Math.abs(at(p, p))) * Math.sqrt(Math.abs(at(q, q))))) continue;
        rotated = true;
        const theta = (at(q, q) - at(p, p)) / (2 * at(p, q));
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1);
        const s = t * c;
        for (let k = 0; k < n; k++) {
          const [x, y] = [at(k, p), at(k, q)];
          a[k * n + p] = c * x - s * y;
          a[k * n + q] = s * x + c * y;
        }
        for (let k = 0; k < n; k++) {
          const [x, y] = [at(p, k), at(q, k)];
          a[p * n + k] = c * x - s * y;
          a[q * n + k] = s * x + c * y;
          const [u, v] = [basis[k * n + p] as number, basis[k * n + q] as number];
          basis[k * n + p] = c * u - s * v;
          basis[k * n + q] = s * u + c * v;
        }
        a[p * n + q] = a[q * n + p] = 0;
      }
    }
    if (!rotated) break;
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => at(i, i) - at(j, j));
  order.forEach((from, to) => {
    values[to] = at(from, from);
    const column = Array.from({ length: n }, (_, k) => basis[k * n + from] as number);
    const largest = Math.max(...column.map(Math.abs));
    const sign = (column.find((x) => Math.abs(x) >= SIGN_TIE * largest) as number) < 0 ? -1 : 1;
    column.forEach((x, k) => {
      vectors[k * n + to] = sign * x;
    });
  });
}

/**
 * Eigenvalues in ascending order and orthonormal eigenvectors in columns of (A + Aᵀ)/2: (…, n, n) gives (…, n) and (…, n, n).
 * The largest component of each vector is positive. Gradients through the vectors need distinct eigenvalues; through the values they do not.
 * A matrix that is not finite gives NaN.
 */
export function eigh(a: Tensor): { values: Tensor; vectors: Tensor } {
  const [values, vectors] = applyAll(eighOp, [a], {}) as readonly [Tensor, Tensor];
  return { values, vectors };
}

/** Eigenvalues of (A + Aᵀ)/2 in ascending order: (…, n, n) gives (…, n). */
export function eigvalsh(a: Tensor): Tensor {
  return eigh(a).values;
}
