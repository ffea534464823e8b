/** Stored weights widened to numbers: all rows, or those that indices name (an embedding table that stays in its blocks). */

import { type FloatDType, isFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { CaseInput, Op, OpCase } from "../op.js";
import { type FormatName, WEIGHT_FORMATS, weightFormat } from "../quant/index.js";
import type { Stored } from "../quant/stored.js";
import { formatShape, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { caseIndices, checkedIndex, requireIndices } from "./indices.js";
import { liveCount } from "./strided.js";

type Attrs = { readonly format: FormatName; readonly columns: number; readonly dtype: FloatDType };

/** Throws SHAPE or DTYPE unless `bytes` are rows of so many weights in the format. */
export function requireStored(op: string, bytes: Spec, format: string, columns: number): void {
  const kind = weightFormat(format);
  const expected = columns % kind.block === 0 ? kind.rowBytes(columns) : undefined;
  if (bytes.dtype !== "u8" || bytes.shape.length !== 2 || expected === undefined || bytes.shape[1] !== expected) {
    throw new TetradError("SHAPE", {
      op,
      what: `no rows of ${columns} weights in ${format}`,
      got: `${bytes.dtype} ${formatShape(bytes.shape)}`,
      expected: expected === undefined ? `rows of a multiple of ${kind.block}` : `u8 [rows, ${expected}]`,
    });
  }
}

/** @throws TetradError UNSUPPORTED for panels, which only integer products read */
export function requireRows(op: string, stored: Stored): Extract<Stored, { layout: "rows" }> {
  if (stored.layout === "rows") return stored;
  throw new TetradError("UNSUPPORTED", {
    op,
    what: "cannot read panels of integer products",
    got: stored.format,
    expected: "a matrix stored as rows, or numbers",
    hint: "linear multiplies by it, widened reads it; open the model without integer activations for all else",
  });
}

/** The stored rows as float64. */
export function decodeRows(bytes: NdArray, format: string, columns: number): Float64Array[] {
  const kind = weightFormat(format);
  const size = kind.rowBytes(columns);
  const all = Uint8Array.from(bytes.data);
  return Array.from({ length: bytes.shape[0] as number }, (_, row) => kind.decode(all.subarray(row * size, (row + 1) * size), columns));
}

/** Inputs: stored rows u8 (rows, bytes), perhaps indices. Output: (rows, columns), or (…indices, columns). */
export const dequantizeOp: Op<Attrs> = {
  name: "dequantize",
  tolerance: "elementwise",
  infer([bytes, indices], { format, columns, dtype }) {
    requireStored("dequantize", bytes as Spec, format, columns);
    if (!isFloat(dtype)) throw new TetradError("DTYPE", { op: "dequantize", what: "widens to floating point only", got: dtype });
    if (indices === undefined) return [{ shape: [(bytes as Spec).shape[0] as number, columns], dtype }];
    requireIndices("dequantize", indices);
    return [{ shape: [...indices.shape, columns], dtype, ...(indices.bound && { bound: indices.bound }) }];
  },
  gradient: () => [],
  reference([bytes, indices], { format, columns }, [output]) {
    const y = ndZeros((output as Spec).shape, (output as Spec).dtype);
    const rows = decodeRows(bytes as NdArray, format, columns);
    const count = sizeOf((output as Spec).shape.slice(0, -1));
    for (let i = 0; i < count; i++) {
      const row = indices === undefined ? i : checkedIndex("dequantize", indices, i, rows.length);
      y.data.set(rows[row] as Float64Array, i * columns);
    }
    return [y];
  },
  flops: (_, [y]) => 2 * sizeOf((y as Spec).shape),
  cases: () => dequantizeCases(),
  lowering: {
    kind: "launch",
    launch(context, node, { format, columns, dtype }) {
      const [bytes, indices] = node.inputs as readonly [Tensor, Tensor | undefined];
      const y = node.outputs[0] as Tensor;
      const stored = context.contiguous(bytes);
      context.emit({
        kernel: "dequantize",
        dtype,
        outputs: [y],
        inputs: [stored, indices === undefined ? stored : context.contiguous(indices)],
        scalars: [
          Number(indices !== undefined),
          liveCount(sizeOf(y.shape.slice(0, -1)), y.bound, y.shape[0] as number),
          bytes.shape[0] as number,
          columns,
          weightFormat(format).id,
          bytes.shape[1] as number,
        ],
        flops: 2 * y.size,
      });
    },
  },
  bounded: true,
};

/** Rows of plausible stored weights: any bytes, but scales that are neither huge nor NaN. */
export function storedCase(format: FormatName, rows: number, columns: number): CaseInput {
  const kind = weightFormat(format);
  const size = kind.rowBytes(columns);
  const values: number[] = [];
  for (let row = 0; row < rows; row++) {
    const numbers = Array.from({ length: columns }, (_, i) => Math.sin(1 + row * 12.9898 + i * 78.233) * (1 + (row % 3)));
    if (kind.encode !== undefined) values.push(...kind.encode(numbers));
    else {
      const bytes = Array.from({ length: size }, (_, i) => (row * 37 + i * 101 + ((i * i) % 7)) % 256);
      // The last two bytes of a Q6_K block are its f16 scale: 2^-10 … 2^-9.
      for (let end = 210; end <= size; end += 210) bytes[end - 1] = 0x14;
      values.push(...bytes);
    }
  }
  return { shape: [rows, size], dtype: "u8", values, frozen: true };
}

/** Row lengths that a format allows, around vectors and runs. */
export function storedColumns(format: FormatName): number[] {
  const { block } = WEIGHT_FORMATS[format];
  return block === 1 ? [1, 2, 3, 7, 9, 16, 17, 33, 65, 1027] : block === 32 ? [32, 64, 96, 1056] : [256, 1280];
}

function dequantizeCases(): OpCase<Attrs>[] {
  const formats = Object.keys(WEIGHT_FORMATS) as FormatName[];
  const cases: OpCase<Attrs>[] = [];
  for (const format of formats) {
    for (const columns of storedColumns(format))
      cases.push({ name: `${format} ${columns}`, inputs: [storedCase(format, 3, columns)], attrs: { format, columns, dtype: "f32" } });
    const columns = storedColumns(format)[1] as number;
    cases.push({
      name: `${format}, picked`,
      inputs: [storedCase(format, 5, columns), { shape: [2, 9], dtype: "i32", values: caseIndices(18, 5), frozen: true }],
      attrs: { format, columns, dtype: "f32" },
    });
    cases.push({ name: `${format} as f64`, inputs: [storedCase(format, 2, columns)], attrs: { format, columns, dtype: "f64" } });
  }
  cases.push({ name: "no rows", inputs: [storedCase("f16", 0, 5)], attrs: { format: "f16", columns: 5, dtype: "f32" } });
  return cases;
}

/**
 * Stored weights as numbers.
 * @param bytes u8 (rows, bytes of a row), as `quantizeWeights` makes them or a GGUF file holds them
 * @param columns weights of a row
 * @returns (rows, columns); no gradient flows to stored weights
 */
export function dequantize(bytes: Tensor, format: FormatName, columns: number, dtype: FloatDType = "f32"): Tensor {
  return apply(dequantizeOp, [bytes], { format, columns, dtype });
}

/** Rows of a stored table, widened: (…indices, columns). An index outside the table is a DATA error. */
export function takeQuantized(bytes: Tensor, indices: Tensor, format: FormatName, columns: number, dtype: FloatDType = "f32"): Tensor {
  return apply(dequantizeOp, [bytes, indices], { format, columns, dtype });
}
