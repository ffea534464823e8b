/** Words that a masked language model thinks of where a mask stands. */

import { type Engine, indexOfLargest, softmax, type Tensor, TetradError, take } from "@tetrad/engine";
import { maskToken } from "../data/masking.js";
import type { MaskedLm } from "../heads/masked-lm.js";
import type { LanguageModel } from "../model.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { forEachBatch } from "../train/evaluate.js";
import { checkTexts } from "./labels.js";

export interface Guess {
  readonly token: string;
  readonly probability: number;
}

/**
 * The most probable tokens at each place of a text that the mask stands at, text by text.
 * @throws TetradError DATA for a text without a mask
 */
export async function fillMasks(
  engine: Engine,
  model: LanguageModel,
  texts: readonly string[],
  { top = 5 }: { readonly top?: number } = {},
): Promise<Guess[][][]> {
  const { tokenizer, backbone } = model;
  const mask = maskToken(tokenizer);
  checkTexts("mlm", texts);
  const encoded = texts.map((text) => tokenizer.encode(text, { maxTokens: backbone.maxTokens }));
  const masks = encoded.map(({ ids }) => ids.flatMap((id, i) => (id === mask ? [i] : [])));
  const row = masks.findIndex(({ length }) => length === 0);
  if (row >= 0) {
    throw new TetradError("DATA", {
      op: "mlm",
      what: "a text has no mask to fill",
      got: (texts[row] as string).slice(0, 60),
      at: `text ${row + 1}`,
      hint: `write ${tokenizer.decode([mask], { specialTokens: true })} where a word is missing`,
    });
  }
  const context = { training: false };
  const most = masks.reduce((sum, { length }) => sum + length, 0);
  const results: Guess[][][] = [];
  await forEachBatch(engine, model, {
    sequences: encoded.map(({ ids }) => ids),
    inputs: () => ({ places: { shape: [most], dtype: "i32", bounded: "masked" } }),
    feeds: (numbers, { cuSeqlens }) => ({
      places: Int32Array.from(numbers.flatMap((s, i) => (masks[s] as number[]).map((place) => (cuSeqlens[i] as number) + place))),
    }),
    outputs(params, batch, { places }) {
      const { last } = backbone.states(params, batch, context);
      return { probabilities: softmax((model.head as MaskedLm).logits(params, take(last, places as Tensor))) };
    },
    each(numbers, _, { probabilities }) {
      let at = 0;
      for (const s of numbers) {
        results.push(
          (masks[s] as number[]).map(() =>
            best(probabilities as Float32Array, backbone.vocabulary * at++, backbone.vocabulary, top, tokenizer),
          ),
        );
      }
    },
  });
  return results;
}

function best(all: Float32Array, from: number, count: number, top: number, tokenizer: Tokenizer): Guess[] {
  const own = all.slice(from, from + count);
  return Array.from({ length: Math.min(top, count) }, () => {
    const id = indexOfLargest(own);
    const probability = own[id] as number;
    own[id] = -1;
    return { token: tokenizer.decode([id], { specialTokens: true }), probability };
  });
}
