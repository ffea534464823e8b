/** A model's outputs for any number of sequences, batch by batch through one plan. */

import type { Engine, HostArray, Tensor } from "@tetrad/engine";
import { type BatchLimits, batchSpecs, type Ids, limitsOf, packBatch, within } from "../data/batch.js";
import type { LanguageModel } from "../model.js";
import type { Params, TokenBatch } from "../models/backbone.js";

/** What evaluation lays end to end. */
const MOST: BatchLimits = { tokens: 4096, sequences: 256 };

/**
 * @param outputs what is wanted of a batch, as tensors of its tokens or its sequences
 * @param each takes a batch's sequence numbers, each one's first token within the batch, and the outputs, which the next batch overwrites
 */
export async function forEachBatch(
  engine: Engine,
  { backbone, store }: LanguageModel,
  sequences: readonly Ids[],
  outputs: (params: Params, batch: TokenBatch) => Readonly<Record<string, Tensor>>,
  each: (numbers: readonly number[], starts: Int32Array, results: Readonly<Record<string, HostArray>>) => void,
): Promise<void> {
  if (sequences.length === 0) return;
  const longest = sequences.reduce((most, { length }) => Math.max(most, length), 1);
  const count = Math.min(sequences.length, MOST.sequences);
  const limits = { tokens: Math.max(longest, Math.min(MOST.tokens, limitsOf(sequences, count).tokens)), sequences: count };
  const program = await engine.compileWith(store, batchSpecs(limits), (params, inputs) => outputs(params, inputs as unknown as TokenBatch));
  try {
    for (const numbers of within(sequences, limits)) {
      const arrays = packBatch(
        numbers.map((i) => sequences[i] as Ids),
        limits,
        backbone.causal,
      );
      each(numbers, arrays.cuSeqlens, await program.call(arrays));
    }
  } finally {
    program.close();
  }
}
