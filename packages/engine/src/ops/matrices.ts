/** What the linear algebra ops share: shape rules over the last two axes, how kernels address a batch of matrices, and well-conditioned test matrices. */

import { isFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import type { CaseInput, LaunchContext, Operand } from "../op.js";
import { formatShape, type Shape, sizeOf, tryBroadcast } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { constant } from "../trace.js";
import { broadcastTo } from "./broadcastTo.js";
import { reshape } from "./reshape.js";
import { collapseJointly } from "./strided.js";
import { swapAxes } from "./transpose.js";

/** Rows and columns; throws SHAPE for anything that is no matrix. */
export function matrixShape(op: string, x: Spec): [number, number] {
  const [m, n] = x.shape.slice(-2);
  if (m === undefined || n === undefined)
    throw new TetradError("SHAPE", { op, what: "needs a matrix", got: formatShape(x.shape), expected: "(…, m, n)" });
  return [m, n];
}

/** Rows, columns and leading axes; throws SHAPE for anything that is no matrix, and DTYPE for whole numbers. */
export function matrixSpec(op: string, x: Spec): { m: number; n: number; batch: Shape } {
  const [m, n] = matrixShape(op, x);
  if (!isFloat(x.dtype)) throw new TetradError("DTYPE", { op, what: "needs floating-point numbers", got: x.dtype, expected: "f32 or f64" });
  return { m, n, batch: x.shape.slice(0, -2) };
}

/** As `matrixSpec`, for square matrices only. */
export function squareSpec(op: string, x: Spec): { n: number; batch: Shape } {
  const { m, n, batch } = matrixSpec(op, x);
  if (m !== n) throw new TetradError("SHAPE", { op, what: "needs a square matrix", got: formatShape(x.shape), expected: "(…, n, n)" });
  return { n, batch };
}

/** A batch of matrices as kernels address it: element strides from matrix to matrix, row to row, column to column. */
export interface MatrixOperand {
  readonly operand: Operand;
  readonly batch: number;
  readonly row: number;
  readonly column: number;
}

/** Any strides of the last two axes are read in place; leading axes must form one stride, else a copy is made. */
export function matrixOperand(context: LaunchContext, x: Tensor): MatrixOperand {
  const direct = context.operand(x);
  const lead = collapseJointly(direct.shape.slice(0, -2), [direct.strides.slice(0, -2)]);
  const operand = lead.extents.length > 1 ? context.contiguous(x) : direct;
  const [row, column] = operand.strides.slice(-2) as [number, number];
  const batch = lead.extents.length > 1 ? sizeOf(operand.shape.slice(-2)) : (lead.strides[0]?.[0] ?? 0);
  return { operand, batch, row, column };
}

/** A batch of gapless vectors and the element stride from one to the next. */
export function vectorOperand(context: LaunchContext, x: Tensor): { readonly operand: Operand; readonly batch: number } {
  const direct = context.operand(x);
  const lead = collapseJointly(direct.shape.slice(0, -1), [direct.strides.slice(0, -1)]);
  const n = direct.shape[direct.shape.length - 1] as number;
  if (lead.extents.length <= 1 && (n <= 1 || direct.strides.at(-1) === 1)) return { operand: direct, batch: lead.strides[0]?.[0] ?? 0 };
  return { operand: context.contiguous(x), batch: n };
}

/** Two operands with the same leading axes; throws SHAPE when those do not broadcast. */
export function alignBatches(op: string, a: Tensor, b: Tensor): [Tensor, Tensor] {
  const batch = tryBroadcast([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  if (batch === undefined)
    throw new TetradError("SHAPE", {
      op,
      what: "leading axes do not broadcast",
      got: `${formatShape(a.shape)} and ${formatShape(b.shape)}`,
    });
  return [broadcastTo(a, [...batch, ...a.shape.slice(-2)]), broadcastTo(b, [...batch, ...b.shape.slice(-2)])];
}

/** Runs `f` on `b` as a matrix of one column when it is a vector, and gives a vector back. */
export function asColumns(b: Tensor, f: (columns: Tensor) => Tensor): Tensor {
  if (b.rank !== 1) return f(b);
  const y = f(reshape(b, [b.size, 1]));
  return reshape(y, y.shape.slice(0, -1));
}

/** Every input with the leading axis of a mapped op, those that are not mapped repeated along it. */
export function withBatch(inputs: readonly Tensor[], batched: readonly boolean[]): Tensor[] {
  const extent = inputs[batched.indexOf(true)]?.shape[0] as number;
  return inputs.map((x, i) => (batched[i] === true ? x : broadcastTo(x, [extent, ...x.shape])));
}

/** Whether column − row ≤ offset, as a boolean matrix constant. */
export function lowerMask(m: number, n: number, offset: number): Tensor {
  const mask = Uint8Array.from({ length: m * n }, (_, at) => Number((at % n) - Math.floor(at / n) <= offset));
  return constant(mask, [m, n], "bool");
}

/** The transpose of the last two axes. */
export function transposed(x: Tensor): Tensor {
  return swapAxes(x, -2, -1);
}

/** Repeatable numbers in (−1, 1) for test matrices. */
function caseNumbers(count: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' generator
    return Math.fround((state / 2 ** 31 - 1) * 0.999);
  });
}

/** General matrices, made dominant on the diagonal by `shift`. */
export function generalCase(shape: Shape, shift = 0): CaseInput {
  const [m, n] = shape.slice(-2) as [number, number];
  const values = caseNumbers(sizeOf(shape), 12345 + m * 31 + n);
  return { shape, values: values.map((v, at) => (Math.floor(at / n) % m === at % n ? Math.fround(v + Math.sign(v) * shift) : v)) };
}

/** Symmetric matrices with eigenvalues near 1 + shift · i/n: positive definite, and well apart. */
export function symmetricCase(shape: Shape, shift = 4): CaseInput {
  const n = shape[shape.length - 1] as number;
  const raw = caseNumbers(sizeOf(shape), 777 + n);
  const values = raw.map((_, at) => {
    const [item, i, j] = [Math.floor(at / (n * n)) * n * n, Math.floor((at % (n * n)) / n), at % n];
    const off = (raw[item + Math.min(i, j) * n + Math.max(i, j)] as number) / (2 * n);
    return Math.fround(i === j ? 1 + off + (shift * i) / n : off);
  });
  return { shape, values };
}
