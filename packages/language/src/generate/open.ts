/** A folder as what text is written with: model, caches, the tokens that end an answer, and what its generation_config.json says. */

import type { Engine } from "@tetrad/engine";
import { causalLmOf } from "../heads/causal-lm.js";
import { type LanguageModel, type OpenOptions, openModel, wholeModel } from "../model.js";
import type { Backbone } from "../models/backbone.js";
import type { StorageOptions } from "../weights/storage.js";
import { cacheSpecs, Decoder } from "./decoder.js";
import { type FolderDefaults, generationConfig } from "./generation-config.js";
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

/** A causal model's folder, or that of an adapter for one. @throws TetradError as `openModel` */
export async function openGenerator(
  engine: Engine,
  folder: string,
  { context = 512, sequences = 1, ...options }: GeneratorOptions = {},
): Promise<TextGenerator> {
  const sizeOf = ({ maxTokens }: Backbone) => ({ context: Math.min(context, maxTokens), sequences });
  const model = await openModel(engine, folder, causalLmOf, {
    ...options,
    states: (backbone) => cacheSpecs(backbone, sizeOf(backbone)),
  });
  const { defaults, ends } = await generationConfig(await wholeModel(folder, options.base), model.config);
  return { model, decoder: await Decoder.open(engine, model, sizeOf(model.backbone)), ends, defaults };
}
