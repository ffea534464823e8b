/** A language model trained further on texts: whole, or an adapter; and how well it foretells others. */

import { type Engine, type Tensor, TetradError } from "@tetrad/engine";
import type { Ids } from "../data/batch.js";
import { type CausalLm, causalLmOf } from "../heads/causal-lm.js";
import { type LanguageModel, type OpenOptions, openModel, saveModel } from "../model.js";
import type { MakeMethod } from "../peft/method.js";
import { forEachBatch } from "../train/evaluate.js";
import { TRAINING_DEFAULTS, type TrainingOptions } from "../train/options.js";
import { type TrainingRun, train } from "../train/train.js";
import { runFiles } from "../train/trainer-state.js";
import { checkSequences } from "./labels.js";

export interface LmOptions extends TrainingOptions, Pick<OpenOptions, "gguf" | "base"> {
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

/** What cross-entropy leaves out. */
const IGNORED = -100;

/** Opens a causal model for training. */
export function openLm(
  engine: Engine,
  folder: string,
  { peft, seed = TRAINING_DEFAULTS.seed, freeze, gguf, base, quantized = false }: LmOptions = {},
): Promise<LanguageModel> {
  return openModel(engine, folder, causalLmOf, {
    seed,
    freeze,
    quantized,
    ...(peft !== undefined && { peft }),
    ...(gguf !== undefined && { gguf }),
    ...(base !== undefined && { base }),
  });
}

/** Token numbers of texts, each ended by the tokenizer's end token. */
export function encodeTexts({ tokenizer, backbone, config }: LanguageModel, texts: readonly string[], limit?: number) {
  const maxTokens = Math.min(limit ?? backbone.maxTokens, backbone.maxTokens);
  const [end] = [config["eos_token_id"]].flat();
  const whole = texts.map((text) => [...tokenizer.encode(text).ids, ...(typeof end === "number" ? [end] : [])]);
  const sequences = whole.map((ids) => ids.slice(0, maxTokens));
  checkSequences("lm", sequences);
  return { sequences, maxTokens, cut: whole.filter(({ length }) => length > maxTokens).length };
}

/** @throws TetradError DATA for texts without tokens; UNSUPPORTED for a model that is to be trained whole and is quantised; DIVERGED */
export async function finetuneLm(engine: Engine, model: LanguageModel, texts: readonly string[], options: LmOptions = {}): Promise<LmRun> {
  const { backbone, head, store, adapted } = model;
  if (adapted === undefined && store.layout.some(({ stored }) => stored !== undefined)) {
    throw new TetradError("UNSUPPORTED", {
      op: "finetuneLm",
      what: "weights that stay as they are stored cannot be trained",
      hint: "train an adapter (peft), or open the model without `quantized`",
    });
  }
  const { sequences, maxTokens, cut } = encodeTexts(model, texts, options.maxTokens);
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
      weight: (rows) => rows.reduce((sum, row) => sum + (sequences[row] as Ids).length - 1, 0),
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

/** Each token's successor in its own sequence. */
function nextOf(ids: Int32Array, sequences: readonly Ids[]): Int32Array {
  const next = new Int32Array(ids.length).fill(IGNORED);
  next.set(ids.subarray(1));
  let end = 0;
  for (const { length } of sequences) {
    end += length;
    next[end - 1] = IGNORED;
  }
  return next;
}

export interface Perplexity {
  /** e to the mean negative log-likelihood of a token, natural logarithms */
  readonly perplexity: number;
  /** Tokens that were foretold */
  readonly tokens: number;
}

/** How surprised the model is by texts, each foretold from its own beginning. */
export async function perplexity(engine: Engine, model: LanguageModel, texts: readonly string[], limit?: number): Promise<Perplexity> {
  const { backbone, head } = model;
  const { sequences } = encodeTexts(model, texts, limit);
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
        const [first, length] = [starts[i] as number, (sequences[s] as Ids).length];
        for (let t = first; t < first + length - 1; t++) sum += losses?.[t] as number;
        tokens += length - 1;
      }),
  });
  return { perplexity: Math.exp(sum / tokens), tokens };
}

/** A whole model as transformers reads it, or an adapter as peft does, with the tokenizer beside it. @throws TetradError IO */
export async function saveLm(run: LmRun, path: string, card?: string): Promise<void> {
  await saveModel(run.model, path, {}, runFiles(run, card));
}
