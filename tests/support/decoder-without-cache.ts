/** What a decoder with a cache is held to: every token of every sequence is computed anew for each that follows. */

import type { Engine, Tensor } from "@tetrad/engine";
import { type Backbone, batchSpecs, type LanguageModel, packBatch } from "@tetrad/language";
import type { TextDecoder } from "../../packages/language/src/generate/text-decoder.js";

const CONTEXT = 32;

export async function decoderWithoutCache(engine: Engine, model: LanguageModel, sequences: number): Promise<TextDecoder> {
  const { backbone, head } = model;
  const { vocabulary, virtualKeys } = backbone;
  const limits = { tokens: CONTEXT, sequences: 1, ...(virtualKeys !== undefined && { virtualKeys }) };
  const context = { training: false };
  const program = await engine.compileWith(model.store, batchSpecs(limits), (all, given: Readonly<Record<string, Tensor>>) => {
    const batch = given as unknown as Parameters<Backbone["states"]>[1];
    const params = model.within(all, context);
    return head.outputs(params, backbone.states(params, batch, context), batch, context);
  });
  let read: (readonly number[])[] = Array.from({ length: sequences }, () => []);
  const last = async (ids: readonly number[]) => {
    const { logits } = await program.call(packBatch([ids], limits, true));
    return (logits as Float32Array).slice((ids.length - 1) * vocabulary, ids.length * vocabulary);
  };
  return {
    sequences,
    vocabulary,
    longestPrompt: CONTEXT - 1,
    opening: (prompt) => prompt.filter((id) => id >= 0),
    room: (prompt) => CONTEXT - prompt.length,
    reset(sequence) {
      read[sequence] = [];
    },
    begin(prompt, sequence) {
      read[sequence] = prompt;
      return last(prompt);
    },
    async step(ids) {
      const all = new Float32Array(sequences * vocabulary);
      for (const [sequence, id] of ids.entries()) {
        if (id === undefined) continue;
        const whole = [...(read[sequence] as readonly number[]), id];
        read[sequence] = whole;
        all.set(await last(whole), sequence * vocabulary);
      }
      return all;
    },
    async copy(from) {
      read = from.map((other) => read[other] as readonly number[]);
    },
    close: () => program.close(),
  };
}
