/** A folder as what text is written with: model, caches, the tokens that end an answer, and what its generation_config.json says. */

import { type Engine, parseJsonObject } from "@tetrad/engine";
import { causalLmOf } from "../heads/causal-lm.js";
import type { ConditionalGeneration } from "../heads/conditional-generation.js";
import { type LanguageModel, type OpenOptions, openModel, wholeModel } from "../model.js";
import type { Backbone } from "../models/backbone.js";
import { openSeq2Seq } from "../tasks/open-seq2seq.js";
import { optional } from "../weights/read.js";
import type { StorageOptions } from "../weights/storage.js";
import type { CacheSize } from "./cache.js";
import { cacheSpecs, Decoder } from "./decoder.js";
import { type FolderDefaults, generationConfig } from "./generation-config.js";
import { PairDecoder } from "./pair-decoder.js";
import type { TextDecoder } from "./text-decoder.js";

export interface TextGenerator {
  readonly model: LanguageModel;
  readonly decoder: TextDecoder;
  /** Tokens that end an answer */
  readonly ends: ReadonlySet<number>;
  /** What the folder says of how it is to be written with */
  readonly defaults: FolderDefaults;
}

export interface GeneratorOptions extends StorageOptions, Pick<OpenOptions, "gguf" | "base"> {
  /** Most tokens of prompt and answer; 512, or what the model can read, unless told */
  readonly context?: number;
  /** Sequences that are read at once, prompts of a batch or beams: each has a cache of its own. 1 unless told */
  readonly sequences?: number;
}

/**
 * A causal model's folder, or that of an adapter for one; or a T5's, whose encoder reads the prompt: then prompt and answer may each be as long as the context.
 * @throws TetradError as `openModel`
 */
export async function openGenerator(engine: Engine, folder: string, options: GeneratorOptions = {}): Promise<TextGenerator> {
  const whole = await wholeModel(folder, options.base);
  const bytes = await optional(`${whole}/config.json`);
  const config = bytes === undefined ? {} : parseJsonObject(bytes, `${whole}/config.json`);
  const { defaults, ends } = await generationConfig(whole, config);
  const { context = 512, sequences = defaults.numBeams ?? 1, ...rest } = options;
  if (config["is_encoder_decoder"] === true) {
    const cache = { context, sequences };
    return generatorOf(engine, await openSeq2Seq(engine, folder, { ...rest, cache }), whole, cache);
  }
  const sizeOf = ({ maxTokens }: Backbone) => ({ context: Math.min(context, maxTokens), sequences });
  const model = await openModel(engine, folder, causalLmOf, {
    ...rest,
    states: (backbone) => cacheSpecs(backbone, sizeOf(backbone)),
  });
  return { model, decoder: await Decoder.open(engine, model, sizeOf(model.backbone)), ends, defaults };
}

/**
 * Writes with a T5 that is open already.
 * @param model opened with a cache of this size
 * @param folder where it was opened, for its generation_config.json
 */
export async function generatorOf(engine: Engine, model: LanguageModel, folder: string, size: CacheSize): Promise<TextGenerator> {
  const { store, head, config, within } = model;
  const decoder = await PairDecoder.open(engine, { store, within, head: head as ConditionalGeneration }, size);
  return { model, decoder, ...(await generationConfig(folder, config)) };
}
