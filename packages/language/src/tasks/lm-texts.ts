/** Texts as a causal model learns and is measured by them: token numbers, and each one's successor. */

import type { Ids } from "../data/batch.js";
import type { LanguageModel } from "../model.js";
import { tokenLimit } from "../models/backbone.js";
import { type EncodeAllOptions, encodeAll } from "../tokenizer/encode-all.js";
import { checkSequences } from "./labels.js";

/** What cross-entropy leaves out. */
const IGNORED = -100;

/** Token numbers of texts, each ended by the tokenizer's end token. */
export async function wholeTexts(
  { tokenizer, config }: LanguageModel,
  texts: readonly string[],
  onProgress?: EncodeAllOptions["onProgress"],
): Promise<Int32Array[]> {
  const [end] = [config["eos_token_id"]].flat();
  const encoded = await encodeAll(tokenizer, texts, { onProgress });
  if (typeof end !== "number") return encoded.map(({ ids }) => ids);
  return encoded.map(({ ids }) => {
    const ended = new Int32Array(ids.length + 1).fill(end);
    ended.set(ids);
    return ended;
  });
}

/** Virtual tokens at the beginning of a text. */
export function virtualOf(ids: Ids): number {
  let count = 0;
  while (count < ids.length && (ids[count] as number) < 0) count++;
  return count;
}

/** As `wholeTexts`, cut to a limit that the model can read; virtual tokens do not count. */
export async function encodeTexts(
  model: LanguageModel,
  texts: readonly string[],
  limit?: number,
  onProgress?: EncodeAllOptions["onProgress"],
) {
  const maxTokens = tokenLimit(model.backbone, limit);
  const whole = await wholeTexts(model, texts, onProgress);
  const most = (ids: Ids) => virtualOf(ids) + maxTokens;
  const sequences = whole.map((ids) => ids.subarray(0, most(ids)));
  checkSequences("lm", sequences);
  return { sequences, maxTokens, cut: whole.filter((ids) => ids.length > most(ids)).length };
}

/** Each token's successor in its own sequence; the first word follows the virtual tokens, none of which follows another. */
export function nextOf(ids: Int32Array, sequences: readonly Ids[]): Int32Array {
  const next = new Int32Array(ids.length).fill(IGNORED);
  next.set(ids.subarray(1));
  let end = 0;
  for (const { length } of sequences) {
    end += length;
    next[end - 1] = IGNORED;
  }
  return next.map((id) => (id < 0 ? IGNORED : id));
}
