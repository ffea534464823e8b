/** How the states of a text's tokens become one vector. */

import { attention, div, type InputSpecs, mul, reshape, sqrt, square, sum, type Tensor, take } from "@tetrad/engine";
import type { TokenBatch } from "../models/backbone.js";

/** The mean over tokens, the first token's state, or the last one's. */
export type Pooling = "mean" | "first" | "last";

/** @param texts most of a batch; @param bounded name of their axis */
export function poolingSpecs(texts: number, bounded: string) {
  return {
    oneEach: { shape: [texts + 1], dtype: "i32" },
    places: { shape: [texts], dtype: "i32", bounded },
  } as const satisfies InputSpecs;
}

/** @param count texts of the batch; @param cuSeqlens where each begins, then its end, repeated */
export function poolingFeeds(count: number, cuSeqlens: Int32Array, pooling: Pooling) {
  return {
    oneEach: cuSeqlens.map((_, s) => Math.min(s, count)),
    places: pooling === "last" ? cuSeqlens.slice(1, count + 1).map((end) => end - 1) : cuSeqlens.slice(0, count),
  };
}

/** (S, width) of the states (T, width). @param dim of an attention head, which the means are computed by */
export function pooled(
  last: Tensor,
  { cuSeqlens }: TokenBatch,
  inputs: Readonly<Record<string, Tensor>>,
  { pooling, dim }: { readonly pooling: Pooling; readonly dim: number },
): Tensor {
  const chosen = take(last, inputs["places"] as Tensor);
  if (pooling !== "mean") return chosen;
  // Attention of one query that is zero looks at all tokens of its text alike.
  const heads = (x: Tensor) => reshape(x, [x.shape[0] as number, (x.shape[1] as number) / dim, dim]);
  const states = heads(last);
  const mixed = attention(mul(heads(chosen), 0), states, states, { cuSeqlens: inputs["oneEach"] as Tensor, cuSeqlensKeys: cuSeqlens });
  return reshape(mixed, [mixed.shape[0] as number, last.shape[1] as number]);
}

/** Vectors (S, width) of length 1. */
export const unit = (vectors: Tensor): Tensor => div(vectors, sqrt(sum(square(vectors), 1, { keepDims: true })));
