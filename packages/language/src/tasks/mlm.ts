/** An encoder trained further on texts of one's field: words are hidden, and guessed from both sides. */

import { crossEntropy, type Engine, type Tensor, TetradError, take } from "@tetrad/engine";
import { type Masking, type MaskingOptions, maskedBatch, maskToken, mostMasked } from "../data/masking.js";
import { type MaskedLm, maskedLm } from "../heads/masked-lm.js";
import { type LanguageModel, type OpenOptions, openModel, saveModel } from "../model.js";
import { tokenLimit } from "../models/backbone.js";
import { forEachBatch } from "../train/evaluate.js";
import { TRAINING_DEFAULTS, type TrainingOptions } from "../train/options.js";
import { type TrainingRun, train } from "../train/train.js";
import { runFiles } from "../train/trainer-state.js";
import type { Perplexity } from "./perplexity.js";

export interface MlmOptions extends TrainingOptions, MaskingOptions {
  /** Texts that are not learned, for evaluations while the others are */
  readonly evaluation?: readonly string[];
  /** Longer texts are cut, and counted. The model's own limit unless told. */
  readonly maxTokens?: number;
}

export interface MlmRun extends TrainingRun {
  readonly model: LanguageModel;
  readonly maxTokens: number;
  readonly cut: number;
}

/** Opens an encoder; `freshHead` lets its head be new, `peft` makes an adapter what is trained. @throws TetradError as `openModel`; UNSUPPORTED for a decoder */
export function openMlm(
  engine: Engine,
  folder: string,
  options: Pick<OpenOptions, "freshHead" | "seed" | "freeze" | "peft" | "quantize" | "base"> = {},
): Promise<LanguageModel> {
  return openModel(engine, folder, maskedLm, options);
}

function maskingOf(
  { tokenizer }: LanguageModel,
  { mlmProbability = 0.15, wholeWord = false, seed = TRAINING_DEFAULTS.seed }: MlmOptions,
): Masking {
  if (!(mlmProbability > 0 && mlmProbability < 1)) {
    throw new TetradError("ARGUMENT", { op: "mlm", what: "mlmProbability must lie between 0 and 1", got: `${mlmProbability}` });
  }
  return { mlmProbability, wholeWord, seed, mask: maskToken(tokenizer), vocabulary: tokenizer.size };
}

/** @throws TetradError DATA for a text without a token of its own */
function encode(
  { tokenizer, backbone }: LanguageModel,
  texts: readonly string[],
  limit: number | undefined,
  onTokenize?: TrainingOptions["onTokenize"],
) {
  const maxTokens = tokenLimit(backbone, limit);
  const encoded = texts.map((text, i) => {
    const encoding = tokenizer.encode(text, { maxTokens });
    onTokenize?.(i + 1, texts.length);
    return encoding;
  });
  const row = encoded.findIndex(({ sequenceIds }) => !sequenceIds.includes(0));
  if (row < 0) return { encoded, maxTokens };
  throw new TetradError("DATA", {
    op: "mlm",
    what: "a text has no token that could be hidden",
    at: `text ${row + 1}`,
    hint: "leave empty texts out",
  });
}

/** Inputs that name the hidden tokens, and the losses at them: no logits of others are computed. */
const inputsOf = (most: number) =>
  ({
    places: { shape: [most], dtype: "i32", bounded: "masked" },
    labels: { shape: [most], dtype: "i32", bounded: "masked" },
  }) as const;

/** @throws TetradError DATA for texts without tokens; UNSUPPORTED for a tokenizer without a mask; DIVERGED */
export async function finetuneMlm(
  engine: Engine,
  model: LanguageModel,
  texts: readonly string[],
  options: MlmOptions = {},
): Promise<MlmRun> {
  const { backbone } = model;
  const head = model.head as MaskedLm;
  const { encoded, maxTokens } = encode(model, texts, options.maxTokens, options.onTokenize);
  const masking = maskingOf(model, options);
  const { evaluation } = options;
  const run = await train(
    engine,
    {
      model,
      sequences: encoded.map(({ ids }) => ids),
      inputs: (limits) => inputsOf(mostMasked(limits, masking)),
      feeds: (rows, _, epoch) => ({ ...maskedBatch(encoded, rows, masking, epoch) }),
      loss(params, batch, { places, labels }, context) {
        const { last } = backbone.states(params, batch, context);
        return crossEntropy(head.logits(params, take(last, places as Tensor)), labels as Tensor);
      },
      weight: (rows, epoch) => maskedBatch(encoded, rows, masking, epoch).labels.length,
      ...(evaluation !== undefined && {
        async evaluate() {
          const { perplexity } = await maskedPerplexity(engine, model, evaluation, { ...options, maxTokens });
          return { loss: Math.log(perplexity), perplexity };
        },
      }),
      save: (path, extra) => saveModel(model, path, {}, extra),
    },
    options,
  );
  return { ...run, model, maxTokens, cut: encoded.filter(({ cut }) => cut > 0).length };
}

/** Occasion of evaluations: no epoch has so many before it, and every evaluation hides the same tokens. */
const EVALUATION = 0xffff;

/** How surprised the model is by hidden tokens of texts, the same ones every time. @throws TetradError as `finetuneMlm` */
export async function maskedPerplexity(
  engine: Engine,
  model: LanguageModel,
  texts: readonly string[],
  options: Pick<MlmOptions, "maxTokens" | "seed" | keyof MaskingOptions> = {},
): Promise<Perplexity> {
  const { encoded } = encode(model, texts, options.maxTokens);
  const masking = maskingOf(model, options);
  const context = { training: false };
  let [sum, tokens] = [0, 0];
  let live = 0;
  await forEachBatch(engine, model, {
    sequences: encoded.map(({ ids }) => ids),
    inputs: (limits) => inputsOf(mostMasked(limits, masking)),
    feeds(numbers) {
      const batch = maskedBatch(encoded, numbers, masking, EVALUATION);
      live = batch.labels.length;
      return { ...batch };
    },
    outputs(params, batch, { places, labels }) {
      const { last } = model.backbone.states(params, batch, context);
      const logits = (model.head as MaskedLm).logits(params, take(last, places as Tensor));
      return { losses: crossEntropy(logits, labels as Tensor, { reduction: "none" }) };
    },
    each(_, __, { losses }) {
      for (let i = 0; i < live; i++) sum += losses?.[i] as number;
      tokens += live;
    },
  });
  return { perplexity: Math.exp(sum / tokens), tokens };
}

/** Writes the folder as transformers reads it. @throws TetradError IO */
export async function saveMlm(run: MlmRun, path: string, card?: string): Promise<void> {
  await saveModel(run.model, path, {}, runFiles(run, card));
}
