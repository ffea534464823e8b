/** Models by the `model_type` of their config.json. */

import { didYouMean, type JsonObject, TetradError } from "@tetrad/engine";
import type { Backbone } from "./backbone.js";
import { bert } from "./bert.js";
import { ConfigFields } from "./config.js";
import { distilbert } from "./distilbert.js";
import { gpt2 } from "./gpt2.js";
import { llama, qwen2 } from "./llama.js";
import { roberta } from "./roberta.js";
import { type EncoderDecoder, t5 } from "./t5.js";

const MODELS = { bert, distilbert, gpt2, llama, qwen2, roberta } as const satisfies Record<string, (config: ConfigFields) => Backbone>;

/** Those with an encoder and a decoder. */
const PAIRS = { t5 } as const satisfies Record<string, (config: ConfigFields) => EncoderDecoder>;

export type ModelType = keyof typeof MODELS;
export const MODEL_TYPES = Object.keys(MODELS) as readonly ModelType[];

/**
 * The model that a configuration describes.
 * @param source its file, for messages
 * @throws TetradError FORMAT for a missing or wrong field, UNSUPPORTED for a model that is not built
 */
export function backboneOf(json: JsonObject, source = "config.json"): Backbone {
  const config = new ConfigFields(json, source);
  const type = config.text("model_type");
  if (Object.hasOwn(MODELS, type)) return MODELS[type as ModelType](config);
  return notBuilt(source, type, MODEL_TYPES);
}

/** As `backboneOf`, for models that read one text and write another. */
export function encoderDecoderOf(json: JsonObject, source = "config.json"): EncoderDecoder {
  const config = new ConfigFields(json, source);
  const type = config.text("model_type");
  return Object.hasOwn(PAIRS, type) ? PAIRS[type as keyof typeof PAIRS](config) : notBuilt(source, type, Object.keys(PAIRS));
}

function notBuilt(source: string, type: string, known: readonly string[]): never {
  throw new TetradError("UNSUPPORTED", {
    op: source,
    what: "this kind of model is not built for this task",
    got: `model_type "${type}"`,
    expected: known.join(", "),
    hint: didYouMean(type, known),
  });
}
