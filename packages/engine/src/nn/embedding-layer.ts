/** A table of vectors as a layer, named and started as torch.nn.Embedding. */

import { TetradError } from "../errors.js";
import { embedding } from "../ops/embedding.js";
import type { Tensor } from "../tensor.js";
import type { Layer } from "./layer.js";
import { requireSizes } from "./sizes.js";

/**
 * i32 indices (…) to vectors (…, width); weight normal with deviation 1, the row `paddingIndex` zero and without gradient.
 * Throws ARGUMENT when the padding index is none of its rows.
 */
export function embeddingLayer(rows: number, width: number, { paddingIndex }: { readonly paddingIndex?: number } = {}): Layer {
  requireSizes("embeddingLayer", rows, width);
  if (paddingIndex !== undefined && !(Number.isInteger(paddingIndex) && paddingIndex >= 0 && paddingIndex < rows))
    throw new TetradError("ARGUMENT", {
      op: "embeddingLayer",
      what: "paddingIndex is no row of the table",
      got: `${paddingIndex}`,
      expected: `0 to ${rows - 1}`,
    });
  const padding = paddingIndex === undefined ? {} : { paddingIndex };
  return {
    params: { weight: { shape: [rows, width], init: { normal: 1, ...(paddingIndex !== undefined && { zeroRow: paddingIndex }) } } },
    apply: ({ weight }, indices) => embedding(indices, weight as Tensor, padding),
  };
}
