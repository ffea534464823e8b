/** A language model trained further on texts: whole, or an adapter; and how well it foretells others. */

import type { Engine, Tensor } from "@tetrad/engine";
import type { Ids } from "../data/batch.js";
import { type CausalLm, causalLmOf } from "../heads/causal-lm.js";
import { type LanguageModel, type OpenOptions, openModel, saveModel } from "../model.js";
import type { MakeMethod } from "../peft/method.js";
import { TRAINING_DEFAULTS, type TrainingOptions } from "../train/options.js";
import { type TrainingRun, train } from "../train/train.js";
import { runFiles } from "../train/trainer-state.js";
import { encodeTexts, nextOf, virtualOf } from "./lm-texts.js";
import { perplexity } from "./perplexity.js";

export interface LmOptions extends TrainingOptions, Pick<OpenOptions, "gguf" | "base" | "quantize"> {
  /** Texts that are not learned, for evaluations while the others are */
  readonly evaluation?: readonly string[];
  /** Longer texts are cut, and counted. The model's own limit unless told. */
  readonly maxTokens?: number;
  /** An adapter, which alone is trained; the whole model without one */
  readonly peft?: MakeMethod;
  /** The weights that an adapter leaves alone stay as their file has them (QLoRA: Dettmers et al. 2023, arXiv:2305.14314). */
  readonly quantized?: boolean;
}

export interface LmRun extends TrainingRun {
  readonly model: LanguageModel;
  readonly maxTokens: number;
  readonly cut: number;
}

/** Opens a causal model for training. */
export function openLm(
  engine: Engine,
  folder: string,
  { peft, seed = TRAINING_DEFAULTS.seed, freeze, gguf, base, quantized = false, quantize }: LmOptions = {},
): Promise<LanguageModel> {
  return openModel(engine, folder, causalLmOf, {
    seed,
    freeze,
    quantized,
    quantize,
    ...(peft !== undefined && { peft }),
    ...(gguf !== undefined && { gguf }),
    ...(base !== undefined && { base }),
  });
}

/** @throws TetradError DATA for texts without tokens; and as `train` */
export async function finetuneLm(engine: Engine, model: LanguageModel, texts: readonly string[], options: LmOptions = {}): Promise<LmRun> {
  const { backbone, head } = model;
  const { sequences, maxTokens, cut } = await encodeTexts(model, texts, options.maxTokens, options.onTokenize);
  const { loss } = head as CausalLm;
  const { evaluation } = options;
  const run = await train(
    engine,
    {
      model,
      sequences,
      inputs: ({ tokens }) => ({ labels: { shape: [tokens], dtype: "i32", bounded: "tokens" } }),
      feeds: (batch, { ids }) => ({
        labels: nextOf(
          ids,
          batch.map((row) => sequences[row] as Ids),
        ),
      }),
      loss(params, batch, inputs, context) {
        return loss(params, backbone.states(params, batch, context), inputs["labels"] as Tensor);
      },
      weight: (rows) => rows.reduce((sum, row) => sum + foretold(sequences[row] as Ids), 0),
      ...(evaluation !== undefined && {
        async evaluate() {
          const { perplexity: surprise } = await perplexity(engine, model, evaluation, maxTokens);
          return { loss: Math.log(surprise), perplexity: surprise };
        },
      }),
      save: (path, extra) => saveModel(model, path, {}, extra),
    },
    options,
  );
  return { ...run, model, maxTokens, cut };
}

/** Tokens of a text whose loss counts: all but the first one of all, be it virtual or not. */
const foretold = (ids: Ids): number => ids.length - Math.max(1, virtualOf(ids));

/** A whole model as transformers reads it, or an adapter as peft does, with the tokenizer beside it. @throws TetradError IO */
export async function saveLm(run: LmRun, path: string, card?: string): Promise<void> {
  await saveModel(run.model, path, {}, runFiles(run, card));
}
