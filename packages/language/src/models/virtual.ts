/** What stands before every sequence without being a word of it: word embeddings of no vocabulary, or keys and values alone. */

import {
  type AttentionOptions,
  attention,
  constant,
  less,
  maximum,
  reshape,
  sub,
  type Tensor,
  TetradError,
  take,
  where,
} from "@tetrad/engine";
import type { Rows, TokenBatch } from "./backbone.js";

/**
 * `own` (P, …) at −1 − index where an index is below 0, else what `real` makes of the index.
 * @param at i32 (N)
 * @returns (N, …)
 */
export function rowsOrVirtual(at: Tensor, real: (at: Tensor) => Tensor, own: Tensor): Tensor {
  const rows = real(maximum(at, 0));
  const virtual = take(own, maximum(sub(-1, at), 0));
  return where(reshape(less(at, 0), [at.shape[0] as number, ...rows.shape.slice(1).map(() => 1)]), virtual, rows);
}

/** Attention of a layer over `before`, P keys and values, and then over a sequence's own. */
export function attendBehind(
  before: Rows,
  { cuSeqlens, keyRows, cuSeqlensKeys, keyMask, attend }: TokenBatch,
  layer: number,
  q: Tensor,
  { key, value }: Rows,
  given: AttentionOptions,
): Tensor {
  const rope = given.rope && unturned(given.rope, before.key.shape[0] as number);
  const options = { ...given, ...(given.causal === true && { causal: "bottomRight" as const }), ...(rope !== undefined && { rope }) };
  if (attend !== undefined) return attend(layer, q, key, value, options);
  if (keyRows === undefined || cuSeqlensKeys === undefined || keyMask !== undefined) {
    throw new TetradError("ARGUMENT", {
      op: "attention",
      what: "keys that stand before each sequence need a packed batch that says where they are",
      got: keyMask === undefined ? "no keyRows and cuSeqlensKeys" : "a padded batch",
      hint: "give batchSpecs and packBatch the backbone's virtualKeys",
    });
  }
  const all = (fresh: Tensor, own: Tensor) => rowsOrVirtual(keyRows, (at) => take(fresh, at), own);
  return attention(q, all(key, before.key), all(value, before.value), { ...options, cuSeqlens, cuSeqlensKeys });
}

/** Tables that leave the first positions as they are. */
function unturned({ cos, sin, ...rest }: NonNullable<AttentionOptions["rope"]>, positions: number) {
  const [rows] = cos.shape as [number, number];
  const first = less(
    constant(
      Int32Array.from({ length: rows }, (_, i) => i),
      [rows, 1],
      "i32",
    ),
    positions,
  );
  return { ...rest, cos: where(first, 1, cos), sin: where(first, 0, sin) };
}
