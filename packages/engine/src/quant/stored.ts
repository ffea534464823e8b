/** Matrices that stay as they are stored: what the bytes of a store's parameter, or of a u8 tensor, stand for. */

import type { FloatDType } from "../dtype.js";
import { checkBlocks } from "./format.js";
import { type FormatName, type IntegerFormat, weightFormat } from "./index.js";
import { panelBytes, panelRow, unpackRow } from "./panels.js";

/** Rows of a format, which products with float activations widen on their way, or panels, which integer products read. */
export type Storage =
  | { readonly layout: "rows"; readonly format: FormatName }
  /** With "int8", how many columns stay exact. */
  | { readonly layout: "panels"; readonly format: IntegerFormat; readonly outliers?: number };

/** What a u8 tensor is: a matrix (out, in) that is computed with in `dtype`. */
export type Stored = Storage & { readonly shape: readonly [number, number]; readonly dtype: FloatDType };

/** The bytes' own shape. @throws TetradError SHAPE when rows are no whole number of blocks */
export function storedShape(storage: Storage, [out, n]: readonly [number, number]): readonly [number, number] {
  if (storage.layout === "panels") return [Math.ceil(out / 8), panelBytes(n, storage.format, storage.outliers)];
  const kind = weightFormat(storage.format);
  checkBlocks(kind, n);
  return [out, kind.rowBytes(n)];
}

/** The numbers that the bytes stand for, (out, in) row-major. */
export function widenStored(stored: Stored, bytes: Uint8Array): Float32Array | Float64Array {
  const [out, n] = stored.shape;
  const values = stored.dtype === "f32" ? new Float32Array(out * n) : new Float64Array(out * n);
  const row = rowReader(stored, n, bytes);
  for (let i = 0; i < out; i++) values.set(row(i), i * n);
  return values;
}

function rowReader(storage: Storage, n: number, bytes: Uint8Array): (row: number) => Float64Array {
  if (storage.layout === "rows") {
    const kind = weightFormat(storage.format);
    const size = kind.rowBytes(n);
    return (row) => kind.decode(bytes.subarray(row * size, (row + 1) * size), n);
  }
  const { format, outliers = 0 } = storage;
  if (format !== "int8") return (row) => panelRow(bytes, row, n, format);
  return (row) => {
    const { scale, q, exact } = unpackRow(bytes, row, n, outliers);
    const values = Float64Array.from(q, (value) => scale * value);
    for (const { column, weight } of exact) values[column] = weight;
    return values;
  };
}
