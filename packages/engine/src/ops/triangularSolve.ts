/** Linear systems with a triangular matrix, by substitution. */

import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op, OpCase } from "../op.js";
import { formatShape, type Shape, sameShape, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { matmul } from "./matmul.js";
import { alignBatches, asColumns, generalCase, matrixOperand, matrixSpec, squareSpec, withBatch } from "./matrices.js";
import { neg } from "./neg.js";
import { tril } from "./tril.js";
import { triu } from "./triu.js";

export type TriangularAttrs = {
  /** Which triangle of `a` is read. */
  readonly lower: boolean;
  /** Solve with the transpose of that triangle. */
  readonly transpose: boolean;
  /** Take the diagonal as ones without reading it. */
  readonly unit: boolean;
  /** T X = B, or X T = B. */
  readonly left: boolean;
};

/** How many unknowns a system has, and how many systems there are per matrix. */
function systems(a: Spec, b: Spec, { left }: TriangularAttrs): { n: number; k: number; batch: Shape } {
  const { n, batch } = squareSpec("triangularSolve", a);
  const right = matrixSpec("triangularSolve", b);
  if (!sameShape(batch, right.batch) || (left ? right.m : right.n) !== n || a.dtype !== b.dtype) {
    throw new TetradError(a.dtype === b.dtype ? "SHAPE" : "DTYPE", {
      op: "triangularSolve",
      what: "matrix and right-hand side do not fit",
      got: `${a.dtype} ${formatShape(a.shape)} and ${b.dtype} ${formatShape(b.shape)}`,
      expected: left ? "(…, n, n) and (…, n, k) of one type" : "(…, n, n) and (…, k, n) of one type",
    });
  }
  return { n, k: left ? right.n : right.m, batch };
}

export const triangularSolveOp: Op<TriangularAttrs> = {
  name: "triangularSolve",
  tolerance: "decomposition",
  infer([a, b], attrs) {
    systems(a as Spec, b as Spec, attrs);
    return [{ shape: (b as Spec).shape, dtype: (b as Spec).dtype }];
  },
  gradient({ inputs: [matrix], outputs: [solution], dy, attrs }) {
    const [a, x] = [matrix as Tensor, solution as Tensor];
    const { lower, transpose, unit, left } = attrs;
    const db = triangularSolve(a, dy, { ...attrs, transpose: !transpose });
    // T X = B gives dT = −dB Xᵀ, and X T = B gives dT = −Xᵀ dB; where T is a transpose, so is its gradient.
    const [p, q] = left === transpose ? [x, db] : [db, x];
    const full = neg(left ? matmul(p, q, { transposeB: true }) : matmul(p, q, { transposeA: true }));
    const edge = unit ? 1 : 0;
    return [lower ? tril(full, -edge) : triu(full, edge), db];
  },
  reference: ([a, b], attrs) => [substitute(a as NdArray, b as NdArray, attrs)],
  flops([a, b], _, attrs) {
    const { n, k, batch } = systems(a as Spec, b as Spec, attrs);
    return sizeOf(batch) * n * n * k;
  },
  cases: () => triangularCases(),
  lowering: {
    // Words: matrices, n, systems per matrix, strides of the triangle (matrix, row, column), lower, unit, strides of the right-hand side
    // (matrix, unknown, system), strides of the solution (unknown, system). Transposes and right-hand systems are strides to the kernel.
    kind: "launch",
    launch(context, node, attrs) {
      const [a, b] = node.inputs as readonly [Tensor, Tensor];
      const x = node.outputs[0] as Tensor;
      const { n, k, batch } = systems(a, b, attrs);
      const [t, rhs] = [matrixOperand(context, a), matrixOperand(context, b)];
      const turned = attrs.transpose === attrs.left;
      const columns = x.shape[x.rank - 1] as number;
      context.emit({
        kernel: "triangular_solve",
        dtype: x.dtype as "f32" | "f64",
        outputs: [x],
        inputs: [t.operand, rhs.operand],
        scalars: [
          ...[sizeOf(batch), n, k, t.batch],
          ...(turned ? [t.column, t.row] : [t.row, t.column]),
          ...[Number(attrs.lower !== turned), Number(attrs.unit), rhs.batch],
          ...(attrs.left ? [rhs.row, rhs.column, columns, 1] : [rhs.column, rhs.row, 1, columns]),
        ],
        flops: sizeOf(batch) * n * n * k,
      });
    },
  },
  batch: (inputs, batched, attrs) => [apply(triangularSolveOp, withBatch(inputs, batched), attrs)],
};

function substitute(a: NdArray, b: NdArray, attrs: TriangularAttrs): NdArray {
  const { n, k, batch } = systems(a, b, attrs);
  const x = ndZeros(b.shape, b.dtype);
  // X T = B is Tᵀ Xᵀ = Bᵀ.
  const turned = attrs.transpose === attrs.left;
  const lower = attrs.lower !== turned;
  for (let item = 0; item < sizeOf(batch); item++) {
    const t = (i: number, j: number) => a.data[item * n * n + (turned ? j * n + i : i * n + j)] as number;
    const at = (i: number, c: number) => item * n * k + (attrs.left ? i * k + c : c * n + i);
    for (let c = 0; c < k; c++) {
      for (let step = 0; step < n; step++) {
        const i = lower ? step : n - 1 - step;
        let value = b.data[at(i, c)] as number;
        for (let before = 0; before < step; before++) {
          const j = lower ? before : n - 1 - before;
          value -= t(i, j) * (x.data[at(j, c)] as number);
        }
        x.data[at(i, c)] = attrs.unit ? value : value / t(i, i);
      }
    }
  }
  return x;
}

function triangularCases(): OpCase<TriangularAttrs>[] {
  const cases: OpCase<TriangularAttrs>[] = [];
  const add = (name: string, n: number, k: number, attrs: Partial<TriangularAttrs>, batch: Shape = [], strided = false) => {
    const full = { lower: true, transpose: false, unit: false, left: true, ...attrs };
    const a = generalCase([...batch, n, n], 2);
    // Unit triangles grow without bound unless their elements are small.
    const scaled = full.unit ? { ...a, values: (a.values as number[]).map((v) => Math.fround(v / 4)) } : a;
    cases.push({
      name,
      inputs: [
        { ...scaled, ...(strided && { transposed: true }) },
        { shape: [...batch, ...(full.left ? [n, k] : [k, n])], ...(strided && { transposed: true }) },
      ],
      attrs: full,
    });
  };
  for (const n of [0, 1, 2, 3, 7, 8, 9, 15, 17, 33]) add(`n${n}`, n, 3, {});
  for (const lower of [true, false]) {
    for (const transpose of [true, false]) {
      for (const left of [true, false]) {
        const name = `${lower ? "lower" : "upper"}${transpose ? "ᵀ" : ""} ${left ? "left" : "right"}`;
        add(name, 5, 6, { lower, transpose, left });
        add(`${name} vector`, 9, 1, { lower, transpose, left, unit: true });
      }
    }
  }
  add("batch", 5, 4, {}, [2, 3]);
  add("strided", 9, 5, { lower: false }, [], true);
  add("none", 4, 0, {});
  return cases;
}

/**
 * X with T X = B (`left`, the default) or X T = B, where T is the lower or upper triangle of `a`, optionally transposed, optionally with a
 * diagonal of ones. Leading axes broadcast; a vector `b` is one system. The other triangle is never read and gets no gradient.
 * A zero on the diagonal gives infinities or NaN.
 * @param a (…, n, n)
 * @param b (…, n, k), or (…, k, n) when `left` is false, or (n)
 */
export function triangularSolve(
  a: Tensor,
  b: Tensor,
  { lower = true, transpose = false, unit = false, left = true }: Partial<TriangularAttrs> = {},
): Tensor {
  if (b.rank === 1 && !left) return triangularSolve(a, b, { lower, transpose: !transpose, unit });
  return asColumns(b, (columns) => apply(triangularSolveOp, alignBatches("triangularSolve", a, columns), { lower, transpose, unit, left }));
}
