/** @tetrad/language: language models fine-tuned on text, written as Python reads them. */

export { type BatchArrays, type BatchLimits, batchSpecs, type Ids, limitsOf, packBatch, within } from "./data/batch.js";
export { type CausalLm, causalLm } from "./heads/causal-lm.js";
export type { Head } from "./heads/head.js";
export { maskedLm } from "./heads/masked-lm.js";
export { questionAnswering } from "./heads/question-answering.js";
export { sequenceClassification } from "./heads/sequence-classification.js";
export { tokenClassification } from "./heads/token-classification.js";
export { type LanguageModel, type OpenOptions, openModel, readConfig, saveModel } from "./model.js";
export type { Backbone, Params, States, TokenBatch } from "./models/backbone.js";
export { backboneOf, encoderDecoderOf, MODEL_TYPES, type ModelType } from "./models/index.js";
export { type EncoderDecoder, positionBuckets, type Sequences } from "./models/t5.js";
export {
  type Classified,
  type ClassifierEvaluation,
  type ClassifyOptions,
  type ClassifyProgress,
  type ClassifyRun,
  classify,
  evaluateClassifier,
  finetuneClassifier,
  type LabelledText,
  openClassifier,
  saveClassifier,
  type TextClassifier,
} from "./tasks/classify.js";
export { type EncodeOptions, type Encoding, Tokenizer } from "./tokenizer/tokenizer.js";
export { type Match, matchWeights } from "./weights/match.js";
export { readWeights, type WeightFile } from "./weights/read.js";
