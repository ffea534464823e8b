/** Rows of a table looked up by index. */

import { TetradError } from "../errors.js";
import { formatShape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { requireRows, takeQuantized } from "./dequantize.js";
import { takeOp } from "./take.js";

/**
 * Rows of `table` (V, C) at `indices` (…): (…, C), as torch.nn.functional.embedding. The row `paddingIndex` is read but gets no gradient.
 * Of a table that a store keeps in a storage format, the rows that are asked for are widened.
 * Throws SHAPE unless the table is a matrix, and ARGUMENT when the padding index is none of its rows.
 */
export function embedding(indices: Tensor, table: Tensor, { paddingIndex }: { paddingIndex?: number } = {}): Tensor {
  const rows = table.shape[0];
  if (rows === undefined || table.rank !== 2)
    throw new TetradError("SHAPE", {
      op: "embedding",
      what: "the table must be a matrix",
      got: formatShape(table.shape),
      expected: "(V, C)",
    });
  if (paddingIndex !== undefined && !(Number.isInteger(paddingIndex) && paddingIndex >= 0 && paddingIndex < rows)) {
    throw new TetradError("ARGUMENT", {
      op: "embedding",
      what: "paddingIndex is no row of the table",
      got: `${paddingIndex}`,
      expected: `0 to ${rows - 1}`,
    });
  }
  const { stored } = table;
  if (stored !== undefined) {
    const { format, shape, dtype } = requireRows("embedding", stored);
    return takeQuantized(table, indices, format, shape[1], dtype);
  }
  return apply(takeOp, [table, indices], { axis: 0, padding: paddingIndex ?? -1 });
}
