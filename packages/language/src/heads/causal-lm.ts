/** The next word, from those before it. */

import { type JsonObject, linear, linearCrossEntropy, type Tensor } from "@tetrad/engine";
import type { Backbone, Params, States } from "../models/backbone.js";
import { tableSpecs } from "../models/parts.js";
import { className, type Head, noHead } from "./head.js";

export interface CausalLm extends Head {
  /** Cross-entropy of `targets` i32 (T), each token's next, −100 where there is none, without logits in memory: the mean, or each token's (T). */
  loss(params: Params, states: States, targets: Tensor, reduction?: "mean" | "none"): Tensor;
}

/**
 * `logits` (T, V).
 * @param tied the last layer is the table of word embeddings
 * @throws TetradError UNSUPPORTED for an encoder
 */
export function causalLm(backbone: Backbone, tied: boolean): CausalLm {
  if (!backbone.causal) noHead(backbone, "causal language model", ["gpt2", "llama", "qwen2"]);
  const { modelType, width, vocabulary, initializerRange, embeddings } = backbone;
  const weight = tied ? embeddings : "lm_head.weight";
  return {
    architecture: modelType === "gpt2" ? "GPT2LMHeadModel" : `${className(backbone)}ForCausalLM`,
    params: tied ? {} : tableSpecs("lm_head", vocabulary, width, initializerRange),
    outputs: (params, { last }) => ({ logits: linear(last, params[weight] as Tensor) }),
    loss: (params, { last }, targets, reduction = "mean") => linearCrossEntropy(last, params[weight] as Tensor, targets, { reduction }),
  };
}

/** The head that a folder's config.json describes: GPT-2's last layer is its word embeddings unless it says otherwise, others' where they say so. */
export function causalLmOf(backbone: Backbone, config: JsonObject): CausalLm {
  return causalLm(backbone, (config["tie_word_embeddings"] ?? backbone.modelType === "gpt2") === true);
}
