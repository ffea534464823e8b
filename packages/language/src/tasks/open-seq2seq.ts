/** Opens a model that makes texts of texts. */

import type { Engine } from "@tetrad/engine";
import type { CacheSize } from "../generate/cache.js";
import { pairCacheSpecs } from "../generate/pair-decoder.js";
import { conditionalGeneration, encoderOf } from "../heads/conditional-generation.js";
import { type LanguageModel, type OpenOptions, openModel } from "../model.js";
import { encoderDecoderOf } from "../models/index.js";

export interface Seq2SeqOpenOptions extends Omit<OpenOptions, "bodyOf" | "states"> {
  /** Room to write with it */
  readonly cache?: CacheSize;
}

/** @throws TetradError as `openModel`; UNSUPPORTED for other models than T5 */
export function openSeq2Seq(engine: Engine, folder: string, { cache, ...options }: Seq2SeqOpenOptions = {}): Promise<LanguageModel> {
  return openModel(engine, folder, (_, config) => conditionalGeneration(config), {
    ...options,
    bodyOf: encoderOf,
    ...(cache !== undefined && { states: (_, config) => pairCacheSpecs(encoderDecoderOf(config), cache) }),
  });
}
