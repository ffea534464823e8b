/** A linear layer whose weights stay in their storage format and are widened on their way into cache. */

import { type FloatDType, requireFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { LaunchContext, Op, OpCase, Operand, Scalar } from "../op.js";
import { type FormatName, WEIGHT_FORMATS, weightFormat } from "../quant/index.js";
import { formatShape, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { decodeRows, dequantize, requireStored, storedCase, storedColumns } from "./dequantize.js";
import { matmul } from "./matmul.js";
import { liveCount } from "./strided.js";

type Attrs = { readonly format: FormatName; readonly rows: number; readonly columns: number };

/** The output of x (…, columns) times `rows` channels; throws SHAPE, DTYPE. */
export function productSpec(op: string, x: Spec, rows: number, columns: number): Spec {
  requireFloat(op, x.dtype);
  if (x.shape.length === 0 || x.shape.at(-1) !== columns)
    throw new TetradError("SHAPE", { op, what: "x does not fit the weights", got: formatShape(x.shape), expected: `(…, ${columns})` });
  return { shape: [...x.shape.slice(0, -1), rows], dtype: x.dtype, ...(x.bound && x.shape.length > 1 && { bound: x.bound }) };
}

/** Pointers A and W, and the words C's kernel reads after them: room for an epilogue, m, n, k, lda. */
export function productWords(
  context: LaunchContext,
  x: Tensor,
  bytes: Tensor,
  y: Tensor,
  columns: number,
): { inputs: Operand[]; scalars: Scalar[] } {
  const direct = context.operand(x);
  // Rows apart by any stride are read in place, where all leading axes make one.
  const two = direct.shape.length === 2 && direct.strides[1] === 1 && (direct.strides[0] as number) >= columns;
  const a = two ? direct : context.contiguous(x);
  const m = sizeOf(x.shape.slice(0, -1));
  const rows = x.rank === 1 ? m : liveCount(m, x.bound, x.shape[0] as number);
  return {
    inputs: [a, context.contiguous(bytes)],
    scalars: [0, 0, rows, y.shape.at(-1) as number, columns, two ? (direct.strides[0] as number) : columns],
  };
}

export const linearQuantizedOp: Op<Attrs> = {
  name: "linearQuantized",
  tolerance: "reduction",
  infer([x, bytes], { format, rows, columns }) {
    requireStored("linearQuantized", bytes as Spec, format, columns);
    if ((bytes as Spec).shape[0] !== rows)
      throw new TetradError("SHAPE", {
        op: "linearQuantized",
        what: "wrong number of channels",
        got: formatShape((bytes as Spec).shape),
        expected: `${rows} rows`,
      });
    return [productSpec("linearQuantized", x as Spec, rows, columns)];
  },
  gradient: ({ inputs: [x, bytes], dy, attrs: { format, columns } }) => [
    matmul(dy, dequantize(bytes as Tensor, format, columns, (x as Tensor).dtype as FloatDType)),
    undefined,
  ],
  reference([x, bytes], { format, columns }, [output]) {
    const [a, y] = [x as NdArray, ndZeros((output as Spec).shape, (output as Spec).dtype)];
    const weights = decodeRows(bytes as NdArray, format, columns);
    for (let i = 0; i < sizeOf(a.shape.slice(0, -1)); i++) {
      weights.forEach((row, j) => {
        y.data[i * weights.length + j] = row.reduce((total, w, p) => total + w * (a.data[i * columns + p] as number), 0);
      });
    }
    return [y];
  },
  flops: ([x], _, { rows }) => 2 * rows * sizeOf((x as Spec).shape),
  cases: () => linearQuantizedCases(),
  lowering: {
    kind: "launch",
    launch(context, node, { format, columns }) {
      const [x, bytes] = node.inputs as readonly [Tensor, Tensor];
      const y = node.outputs[0] as Tensor;
      const { inputs, scalars } = productWords(context, x, bytes, y, columns);
      context.emit({
        kernel: "gemm_quantized",
        dtype: y.dtype as FloatDType,
        outputs: [y],
        inputs,
        scalars: [...scalars, weightFormat(format).id, bytes.shape[1] as number],
        flops: 2 * x.size * (y.shape.at(-1) as number),
      });
    },
  },
  bounded: true,
};

function linearQuantizedCases(): OpCase<Attrs>[] {
  const cases: OpCase<Attrs>[] = [];
  const one = (format: FormatName, m: number, rows: number, columns: number) =>
    cases.push({
      name: `${format} ${m}×${rows}×${columns}`,
      inputs: [{ shape: [m, columns] }, storedCase(format, rows, columns)],
      attrs: { format, rows, columns },
    });
  for (const format of Object.keys(WEIGHT_FORMATS) as FormatName[]) {
    const [first = 1, second = 1, ...rest] = storedColumns(format);
    for (const m of [1, 3, 9, 17]) one(format, m, 9, second);
    for (const rows of [1, 7, 8, 17]) one(format, 2, rows, first);
    for (const columns of rest) one(format, columns % 2 === 0 ? 11 : 2, 5, columns);
  }
  one("f16", 0, 3, 5);
  cases.push({ name: "one row", inputs: [{ shape: [33] }, storedCase("i8", 9, 33)], attrs: { format: "i8", rows: 9, columns: 33 } });
  cases.push({
    name: "three axes",
    inputs: [{ shape: [2, 3, 32] }, storedCase("q4_1", 9, 32)],
    attrs: { format: "q4_1", rows: 9, columns: 32 },
  });
  cases.push({
    name: "transposed",
    inputs: [{ shape: [9, 17], transposed: true }, storedCase("bf16", 5, 17)],
    attrs: { format: "bf16", rows: 5, columns: 17 },
  });
  return cases;
}

/**
 * x Wᵀ with W in a storage format; bias and activation that follow join its launch.
 * @param x (…, in)
 * @param bytes u8 (out, bytes of a row)
 * @param shape [out, in]
 * @returns (…, out); gradients flow to x
 * @throws TetradError SHAPE, DTYPE
 */
export function linearQuantized(x: Tensor, bytes: Tensor, format: FormatName, [rows, columns]: readonly [number, number]): Tensor {
  return apply(linearQuantizedOp, [x, bytes], { format, rows, columns });
}
