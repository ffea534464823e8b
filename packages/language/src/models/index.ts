/** Models by the `model_type` of their config.json. */

import { closest, type JsonObject, TetradError } from "@tetrad/engine";
import type { Backbone } from "./backbone.js";
import { bert } from "./bert.js";
import { ConfigFields } from "./config.js";
import { distilbert } from "./distilbert.js";
import { gpt2 } from "./gpt2.js";
import { llama, qwen2 } from "./llama.js";
import { roberta } from "./roberta.js";

const MODELS = { bert, distilbert, gpt2, llama, qwen2, roberta } as const satisfies Record<string, (config: ConfigFields) => Backbone>;

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
  const near = closest(type, MODEL_TYPES);
  throw new TetradError("UNSUPPORTED", {
    op: source,
    what: "this kind of model is not built",
    got: `model_type "${type}"`,
    expected: MODEL_TYPES.join(", "),
    hint: near === undefined ? undefined : `did you mean "${near}"?`,
  });
}
