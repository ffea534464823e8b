/** @tetrad/language: language models fine-tuned on text, written as Python reads them. */

export { type CausalLm, causalLm } from "./heads/causal-lm.js";
export type { Head } from "./heads/head.js";
export { maskedLm } from "./heads/masked-lm.js";
export { questionAnswering } from "./heads/question-answering.js";
export { sequenceClassification } from "./heads/sequence-classification.js";
export { tokenClassification } from "./heads/token-classification.js";
export type { Backbone, Params, States, TokenBatch } from "./models/backbone.js";
export { backboneOf, MODEL_TYPES, type ModelType } from "./models/index.js";
export { type Match, matchWeights } from "./weights/match.js";
export { readWeights, type WeightFile } from "./weights/read.js";
