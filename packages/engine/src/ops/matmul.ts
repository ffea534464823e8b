/** Batched matrix product with optional transposes, which are read in place and never materialised. */

import { isFloat, promote } from "../dtype.js";
import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Count, LaunchContext, Op, OpCase, Operand, Scalar } from "../op.js";
import { broadcastStrides, formatShape, type Shape, sizeOf, stridesOf, tryBroadcast } from "../shape.js";
import type { Bound, Node, Spec, Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";
import { reshape } from "./reshape.js";

export type MatmulAttrs = { readonly transposeA: boolean; readonly transposeB: boolean };

interface Dimensions {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: number[];
}

function dimensions(a: Shape, b: Shape, { transposeA, transposeB }: MatmulAttrs): Dimensions {
  const [a0, a1] = a.slice(-2) as [number, number];
  const [b0, b1] = b.slice(-2) as [number, number];
  const [m, ka] = transposeA ? [a1, a0] : [a0, a1];
  const [kb, n] = transposeB ? [b1, b0] : [b0, b1];
  const batch = tryBroadcast([a.slice(0, -2), b.slice(0, -2)]);
  if (a.length < 2 || b.length < 2 || ka !== kb || batch === undefined) {
    const mark = (transposed: boolean) => (transposed ? "ᵀ" : "");
    throw new TetradError("SHAPE", {
      op: "matmul",
      what: "inner extents or batch axes do not match",
      got: `${formatShape(a)}${mark(transposeA)} @ ${formatShape(b)}${mark(transposeB)}`,
      expected: "[…, m, k] @ [k, n] with broadcastable leading axes",
    });
  }
  return { m, n, k: ka, batch };
}

/** The bounded axis of the product: rows of an unbatched left operand stay bounded; a bounded inner axis is summed over its live part. */
function productBound(a: Spec, b: Spec, { transposeA, transposeB }: MatmulAttrs): Bound | undefined {
  if (b.bound !== undefined && (b.shape.length > 2 || transposeB)) throw unsupportedBound(b.bound);
  if (a.bound === undefined) {
    if (b.bound !== undefined) throw unsupportedBound(b.bound);
    return undefined;
  }
  if (a.shape.length === 2) {
    if (!transposeA) {
      if (b.bound !== undefined) throw unsupportedBound(b.bound);
      return a.bound;
    }
    if (b.bound?.name !== a.bound.name || b.bound.times !== a.bound.times) throw unsupportedBound(a.bound);
    return undefined;
  }
  return a.bound;
}

function unsupportedBound(bound: Bound): TetradError {
  return new TetradError("UNSUPPORTED", {
    op: "matmul",
    what: `the bounded axis "${bound.name}" must be the rows of the left operand, the batch, or the inner axis of both`,
  });
}

export const matmulOp: Op<MatmulAttrs> = {
  name: "matmul",
  tolerance: "reduction",
  infer([left, right], attrs) {
    const [a, b] = [left as Spec, right as Spec];
    const dtype = promote(a.dtype, b.dtype);
    if (!isFloat(dtype) || a.dtype !== b.dtype) {
      throw new TetradError("DTYPE", {
        op: "matmul",
        what: "needs two floating-point operands of one type",
        got: `${a.dtype} and ${b.dtype}`,
        hint: "cast one of them",
      });
    }
    const { m, n, batch } = dimensions(a.shape, b.shape, attrs);
    const bound = productBound(a, b, attrs);
    return [{ shape: [...batch, m, n], dtype, ...(bound && { bound }) }];
  },
  gradient({ inputs: [a, b], dy, attrs: { transposeA, transposeB } }) {
    const [x, y] = [a as Tensor, b as Tensor];
    const dx = transposeA
      ? matmul(y, dy, { transposeA: transposeB, transposeB: true })
      : matmul(dy, y, { transposeA: false, transposeB: !transposeB });
    const dw = transposeB
      ? matmul(dy, x, { transposeA: true, transposeB: transposeA })
      : matmul(x, dy, { transposeA: !transposeA, transposeB: false });
    return [dx, dw];
  },
  reference([left, right], attrs, [output]) {
    const [a, b, y] = [left as NdArray, right as NdArray, ndZeros((output as Spec).shape, (output as Spec).dtype)];
    const { m, n, k, batch } = dimensions(a.shape, b.shape, attrs);
    const aBatch = broadcastStrides(a.shape.slice(0, -2), stridesOf(a.shape).slice(0, -2), batch);
    const bBatch = broadcastStrides(b.shape.slice(0, -2), stridesOf(b.shape).slice(0, -2), batch);
    const batchStrides = stridesOf(batch);
    for (let item = 0; item < sizeOf(batch); item++) {
      let [aBase, bBase] = [0, 0];
      batch.forEach((extent, axis) => {
        const at = Math.floor(item / (batchStrides[axis] as number)) % extent;
        aBase += at * (aBatch[axis] as number);
        bBase += at * (bBatch[axis] as number);
      });
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let total = 0;
          for (let p = 0; p < k; p++) {
            const x = a.data[aBase + (attrs.transposeA ? p * m + i : i * k + p)] as number;
            const w = b.data[bBase + (attrs.transposeB ? j * k + p : p * n + j)] as number;
            total += x * w;
          }
          y.data[(item * m + i) * n + j] = total;
        }
      }
    }
    return [y];
  },
  flops([a, b], _, attrs) {
    const { m, n, k, batch } = dimensions((a as Spec).shape, (b as Spec).shape, attrs);
    return 2 * m * n * k * sizeOf(batch);
  },
  cases: () => matmulCases(),
  lowering: { kind: "launch", launch: launchGemm },
  bounded: true,
  batch([a, b], [batchedA, batchedB], attrs) {
    const [x, y] = [a as Tensor, b as Tensor];
    const rank = Math.max(x.rank - (batchedA ? 1 : 0), y.rank - (batchedB ? 1 : 0));
    const align = (t: Tensor, batched: boolean | undefined) =>
      batched === true ? reshape(t, [t.shape[0] as number, ...new Array<number>(rank - (t.rank - 1)).fill(1), ...t.shape.slice(1)]) : t;
    return [apply(matmulOp, [align(x, batchedA), align(y, batchedB)], attrs)];
  },
};

function matmulCases(): OpCase<MatmulAttrs>[] {
  const cases: OpCase<MatmulAttrs>[] = [];
  const product = (m: number, n: number, k: number, transposeA: boolean, transposeB: boolean, lead: [Shape, Shape] = [[], []]) =>
    cases.push({
      name: `${transposeA ? "t" : "n"}${transposeB ? "t" : "n"} ${m}x${n}x${k}${lead[0].length + lead[1].length > 0 ? ` batch ${lead[0].join("x")}|${lead[1].join("x")}` : ""}`,
      inputs: [{ shape: [...lead[0], ...(transposeA ? [k, m] : [m, k])] }, { shape: [...lead[1], ...(transposeB ? [n, k] : [k, n])] }],
      attrs: { transposeA, transposeB },
    });
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      for (const [m, n, k] of [
        [1, 1, 1],
        [2, 3, 7],
        [8, 9, 15],
        [17, 16, 33],
        [65, 31, 3],
        [1, 65, 32],
        [33, 1, 17],
        [3, 7, 0],
        [0, 3, 2],
      ] as const)
        product(m, n, k, transposeA, transposeB);
      product(5, 9, 7, transposeA, transposeB, [[2, 1], [3]]);
    }
  }
  cases.push({
    name: "strided",
    inputs: [
      { shape: [9, 17], transposed: true },
      { shape: [17, 8], transposed: true },
    ],
    attrs: { transposeA: false, transposeB: false },
  });
  return cases;
}

/** A matrix operand as GEMM reads it: unit stride along one of the last two axes, else a copy. */
function matrixOperand(context: LaunchContext, x: Tensor, transposed: boolean): { operand: Operand; transposed: boolean; ld: number } {
  const direct = context.operand(x);
  const rank = direct.shape.length;
  const [rows, columns] = [direct.shape[rank - 2] as number, direct.shape[rank - 1] as number];
  const [rowStride, columnStride] = [direct.strides[rank - 2] as number, direct.strides[rank - 1] as number];
  if (columns <= 1 || columnStride === 1) {
    if (rows <= 1) return { operand: direct, transposed, ld: Math.max(columns, 1) };
    if (rowStride >= columns) return { operand: direct, transposed, ld: rowStride };
  }
  if ((rows <= 1 || rowStride === 1) && columnStride >= rows) return { operand: direct, transposed: !transposed, ld: columnStride };
  const operand = context.contiguous(x);
  return { operand, transposed, ld: Math.max(columns, 1) };
}

/** Words after the pointers (C, A, B) as dense/gemm.ts reads them. */
function launchGemm(context: LaunchContext, node: Node, attrs: MatmulAttrs): void {
  const [x, w] = node.inputs as readonly [Tensor, Tensor];
  const y = node.outputs[0] as Tensor;
  const a = matrixOperand(context, x, attrs.transposeA);
  const b = matrixOperand(context, w, attrs.transposeB);
  let { m, n, k, batch } = dimensions(x.shape, w.shape, attrs) as { m: number; n: number; k: number; batch: number[] };
  const leading = (operand: Operand) => broadcastStrides(operand.shape.slice(0, -2), operand.strides.slice(0, -2), batch);
  let aBatch = leading(a.operand);
  let bBatch = leading(b.operand);
  // A shared right operand turns the whole batch into rows of one product: [B, T, K] @ [K, N].
  const dense = stridesOf([...batch, m]).map((stride) => stride * a.ld);
  const bound = x.bound;
  let rows: Count = m;
  let inner: Count = k;
  if (!a.transposed && bBatch.every((stride) => stride === 0) && aBatch.every((stride, i) => batch[i] === 1 || stride === dense[i])) {
    m *= sizeOf(batch);
    batch = [];
    aBatch = [];
    bBatch = [];
    rows = bound !== undefined && y.bound !== undefined ? { live: y.bound, times: m / (y.shape[0] as number) } : m;
  } else if (bound !== undefined && x.rank === 2) {
    if (attrs.transposeA) inner = { live: bound, times: 1 };
    else rows = { live: bound, times: 1 };
  }
  const cBatch = stridesOf([...batch, m, n]).slice(0, batch.length);
  const batchWords: Scalar[] = [];
  let batchRank = 0;
  batch.forEach((extent, i) => {
    if (extent === 1) return;
    batchRank++;
    const live = i === 0 && bound !== undefined && x.rank > 2;
    batchWords.push(live ? { live: bound, times: 1 } : extent, aBatch[i] as number, bBatch[i] as number, cBatch[i] as number);
  });
  context.emit({
    kernel: "gemm",
    dtype: y.dtype as "f32" | "f64",
    outputs: [y],
    inputs: [a.operand, b.operand],
    scalars: [0, 0, rows, n, inner, a.ld, b.ld, n, Number(a.transposed), Number(b.transposed), 0, 0, batchRank, ...batchWords],
    flops: 2 * m * n * k * sizeOf(batch),
  });
}

/**
 * Matrix product over the last two axes; leading axes broadcast. Vectors act as a row (left) or a column (right).
 * @param a (…, m, k), or (…, k, m) with `transposeA`
 * @param b (…, k, n), or (…, n, k) with `transposeB`
 */
export function matmul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false }: Partial<MatmulAttrs> = {}): Tensor {
  const left = a.rank === 1 ? reshape(a, transposeA ? [a.size, 1] : [1, a.size]) : a;
  const right = b.rank === 1 ? reshape(b, transposeB ? [1, b.size] : [b.size, 1]) : b;
  const y = apply(matmulOp, [left, right] satisfies TensorLike[], { transposeA, transposeB });
  if (a.rank > 1 && b.rank > 1) return y;
  const shape = [...y.shape];
  if (b.rank === 1) shape.splice(-1, 1);
  if (a.rank === 1) shape.splice(b.rank === 1 ? -1 : -2, 1);
  return reshape(y, shape);
}
