/** How well a causal model foretells texts. */

import { type Engine, type Tensor, TetradError } from "@tetrad/engine";
import type { Ids } from "../data/batch.js";
import type { CausalLm } from "../heads/causal-lm.js";
import type { LanguageModel } from "../model.js";
import { tokenLimit } from "../models/backbone.js";
import { forEachBatch } from "../train/evaluate.js";
import { checkSequences } from "./labels.js";
import { encodeTexts, nextOf, virtualOf, wholeTexts } from "./lm-texts.js";

export interface Perplexity {
  /** e to the mean negative log-likelihood of a token, natural logarithms */
  readonly perplexity: number;
  /** Tokens that were foretold */
  readonly tokens: number;
}

/**
 * How surprised the model is by texts, each foretold from its own first token, with a trained prompt before that or none: the same tokens count, whatever the adapter.
 * What is longer than the limit is left out.
 */
export async function perplexity(engine: Engine, model: LanguageModel, texts: readonly string[], limit?: number): Promise<Perplexity> {
  const { sequences } = await encodeTexts(model, texts, limit);
  return surprise(
    engine,
    model,
    sequences.map((ids) => ({ ids, known: 1 + virtualOf(ids) })),
  );
}

/** A part of a text that is read at once, and how many of its tokens at the beginning are not to be foretold */
interface Window {
  readonly ids: Ids;
  readonly known: number;
}

export interface StrideOptions {
  /** Tokens that are read at once; 512, or what the model can read, unless told */
  readonly maxTokens?: number;
  /** How far each window goes beyond the one before; half of a window unless told */
  readonly stride?: number;
}

/**
 * As `perplexity`, of whole texts: a long one is read in windows, each of which foretells the tokens that those before have not, from those that it has in common
 * with them. Short strides cost more, and give each token more to be foretold from.
 * @throws TetradError ARGUMENT for a stride that leaves tokens out
 */
export async function stridedPerplexity(
  engine: Engine,
  model: LanguageModel,
  texts: readonly string[],
  { maxTokens = 512, stride: given }: StrideOptions = {},
): Promise<Perplexity> {
  const size = tokenLimit(model.backbone, maxTokens);
  const stride = given ?? Math.ceil(size / 2);
  if (!Number.isInteger(stride) || stride < 1 || stride >= size) {
    throw new TetradError("ARGUMENT", {
      op: "perplexity",
      what: "the stride is out of range",
      got: `${stride}`,
      expected: `1 to ${size - 1}, so that windows of ${size} tokens overlap`,
    });
  }
  const whole = await wholeTexts(model, texts);
  checkSequences("lm", whole);
  return surprise(
    engine,
    model,
    whole.flatMap((ids) => windowsOf(ids, size, stride)),
  );
}

/** Windows of a text, each with the virtual tokens before it. */
function windowsOf(whole: Int32Array, size: number, stride: number): Window[] {
  const virtual = virtualOf(whole);
  const [prompt, ids] = [whole.slice(0, virtual), whole.slice(virtual)];
  const windows: Window[] = [];
  for (let begin = 0; ; begin += stride) {
    const own = ids.slice(begin, begin + size);
    windows.push({ ids: [...prompt, ...own], known: virtual + (begin === 0 ? 1 : size - stride) });
    if (begin + size >= ids.length) return windows;
  }
}

async function surprise(engine: Engine, model: LanguageModel, windows: readonly Window[]): Promise<Perplexity> {
  const { backbone, head } = model;
  const sequences = windows.map(({ ids }) => ids);
  const context = { training: false };
  const { loss } = head as CausalLm;
  let [sum, tokens] = [0, 0];
  await forEachBatch(engine, model, {
    sequences,
    inputs: ({ tokens: most }) => ({ labels: { shape: [most], dtype: "i32", bounded: "tokens" } }),
    feeds: (numbers, { ids }) => ({
      labels: nextOf(
        ids,
        numbers.map((s) => sequences[s] as Ids),
      ),
    }),
    outputs(params, batch, inputs) {
      return { losses: loss(params, backbone.states(params, batch, context), inputs["labels"] as Tensor, "none") };
    },
    each: (numbers, starts, { losses }) =>
      numbers.forEach((s, i) => {
        const [first, { ids, known }] = [starts[i] as number, windows[s] as Window];
        for (let t = first + known - 1; t < first + ids.length - 1; t++) sum += losses?.[t] as number;
        tokens += ids.length - known;
      }),
  });
  return { perplexity: Math.exp(sum / tokens), tokens };
}
