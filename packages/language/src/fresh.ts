/** A model of its configuration alone, with random weights: where training from scratch begins. */

import type { Engine, JsonObject } from "@tetrad/engine";
import { causalLmOf } from "./heads/causal-lm.js";
import { checkVocabulary, type LanguageModel } from "./model.js";
import { backboneOf } from "./models/index.js";
import type { Tokenizer } from "./tokenizer/tokenizer.js";

export interface FreshOptions {
  /** Of the weights, which are drawn as transformers draws them: normal, with the configuration's `initializer_range` */
  readonly seed?: number;
  /** The configuration's file, for messages */
  readonly source?: string;
}

/**
 * A causal language model.
 * @param config as of config.json; what it leaves out of `vocab_size`, `bos_token_id` and `eos_token_id` is the tokenizer's
 * @throws TetradError FORMAT for a missing or wrong field, UNSUPPORTED for a model that is not built or not causal, DATA for a tokenizer of more tokens
 */
export function freshLm(
  engine: Engine,
  config: JsonObject,
  tokenizer: Tokenizer,
  { seed = 0, source = "config.json" }: FreshOptions = {},
): LanguageModel {
  const id = (name: string) => {
    const token = tokenizer.config[name];
    const number = typeof token === "string" ? tokenizer.idOf(token) : undefined;
    return number === undefined ? {} : { [`${name}_id`]: number };
  };
  const whole: JsonObject = { vocab_size: tokenizer.size, ...id("bos_token"), ...id("eos_token"), ...config };
  const backbone = backboneOf(whole, source);
  const head = causalLmOf(backbone, whole);
  checkVocabulary(tokenizer, backbone, source);
  const params = { ...backbone.params, ...head.params };
  const weights = { found: new Map(), fresh: Object.keys(params), unused: [] };
  return { config: whole, backbone, head, store: engine.store(params, { seed }), tokenizer, weights, within: (all) => all };
}
