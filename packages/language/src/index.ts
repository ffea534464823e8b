/** @tetrad/language: language models fine-tuned on text, written as Python reads them. */

export { type BatchArrays, type BatchLimits, batchSpecs, type Ids, limitsOf, packBatch, within } from "./data/batch.js";
export { type CleanOptions, cleanStage, cleanText } from "./data/clean.js";
export { readConll, type TaggedSentence } from "./data/conll.js";
export { countTokens, type TokenCounts } from "./data/count-tokens.js";
export { type DuplicatesOptions, duplicatesStage } from "./data/duplicates.js";
export { type EmbedRowsOptions, embedStage } from "./data/embed-rows.js";
export { checkLabelMap, type LabelMapOptions, labelStage } from "./data/label-map.js";
export {
  type DataFile,
  type DataFormat,
  formatOfFile,
  READ_VERSION,
  type ReadOptions,
  type ReadReport,
  readDataTable,
  readRows,
} from "./data/read.js";
export { applyStage, type DataRow, type DataRows, dataRows, PARTS, type Part, type Stage, type StageReport } from "./data/rows.js";
export { type SplitOptions, splitStage } from "./data/split.js";
export { type Answer, isSquad, type Question, questionsIn, readSquad } from "./data/squad.js";
export { type Lengths, type PartStatistics, type StatisticsOptions, statisticsStage } from "./data/statistics.js";
export { stopWords } from "./data/stop-words.js";
export {
  fitTfidf,
  type SparseMatrix,
  type Tfidf,
  type TfidfOptions,
  type TfidfStageOptions,
  tfidfStage,
  transformTfidf,
} from "./data/tfidf.js";
export { beginning } from "./data/words.js";
export { ADAPTER_FOLDER_FILES, FOLDER_FILES } from "./folder-files.js";
export { type FreshOptions, freshLm } from "./fresh.js";
export type { Generated, GenerateOptions } from "./generate/answer.js";
export { type BeamAnswer, type BeamOptions, beamSearch } from "./generate/beam.js";
export type { CacheSize } from "./generate/cache.js";
export { cacheSpecs, type Decodable, Decoder } from "./generate/decoder.js";
export { type BatchOptions, generate, generateBatch } from "./generate/generate.js";
export type { FolderDefaults } from "./generate/generation-config.js";
export { type GeneratorOptions, openGenerator, type TextGenerator } from "./generate/open.js";
export type { RuleOptions } from "./generate/rules.js";
export { type Course, nextToken, type SamplingOptions } from "./generate/sample.js";
export type { TextDecoder } from "./generate/text-decoder.js";
export { bodyOf } from "./heads/body.js";
export { type CausalLm, causalLm, causalLmOf } from "./heads/causal-lm.js";
export type { Head } from "./heads/head.js";
export { type MaskedLm, maskedLm } from "./heads/masked-lm.js";
export { questionAnswering } from "./heads/question-answering.js";
export { sequenceClassification } from "./heads/sequence-classification.js";
export { tokenClassification } from "./heads/token-classification.js";
export { foreignAnswer, type HubEntry, type HubFile, hubFiles, isCommit, modelFiles, otherContent } from "./hub/files.js";
export { type HubModelOptions, type KeptModel, keepHubModel } from "./hub/keep-model.js";
export { type AnswerScores, answerScores } from "./metrics/answers.js";
export { type BleuOptions, type BleuScore, bleu, sentenceBleu } from "./metrics/bleu.js";
export type { BleuTokenizer } from "./metrics/bleu-tokens.js";
export { type ChrfOptions, chrf, sentenceChrf } from "./metrics/chrf.js";
export { detectScheme, type Entity, entitiesByScheme, entitiesOf, type Scheme } from "./metrics/entities.js";
export { type Retrieval, retrieval } from "./metrics/retrieval.js";
export { type Rouge, type RougeOptions, type RougeScore, rouge } from "./metrics/rouge.js";
export {
  type EntityScore,
  entityF1,
  type SequenceOptions,
  type SequenceScores,
  sequenceReport,
  sequenceScores,
} from "./metrics/seqeval.js";
export { configOf, type LanguageModel, mergedModel, type OpenOptions, openModel, readConfig, saveModel } from "./model.js";
export { type Backbone, type Params, type States, type TokenBatch, tokenLimit } from "./models/backbone.js";
export { backboneOf, encoderDecoderOf, MODEL_TYPES, type ModelType } from "./models/index.js";
export { type EncoderDecoder, positionBuckets, type Sequences } from "./models/t5.js";
export { exportOnnx, type OnnxModel } from "./onnx/export.js";
export type { OnnxTask } from "./onnx/heads.js";
export {
  type Adapted,
  adapt,
  initialiseAdapter,
  loadAdapter,
  mergedStore,
  mergedWeights,
  saveAdapter,
  trainedNames,
  trainedShare,
} from "./peft/adapt.js";
export { type BottleneckConfig, type BottleneckPlaces, bottleneck } from "./peft/bottleneck.js";
export { type AdapterFolder, baseFolder, methodOf, readAdapter } from "./peft/folder.js";
export { type Ia3Config, ia3 } from "./peft/ia3.js";
export { type LoraConfig, lora } from "./peft/lora.js";
export type { MakeMethod, PeftConfig, PeftMethod } from "./peft/method.js";
export { type PrefixConfig, prefixTuning } from "./peft/prefix.js";
export { type PromptConfig, type PromptInit, promptTuning } from "./peft/prompt.js";
export { Adapters, type AdaptersOptions, AdaptersProgram } from "./peft/switch.js";
export {
  type Answerer,
  type AnswererEvaluation,
  type AnswerOptions,
  type AnswerRun,
  answer,
  evaluateAnswerer,
  finetuneAnswerer,
  openAnswerer,
  saveAnswerer,
  type WindowOptions,
} from "./tasks/answer.js";
export {
  type Classified,
  type ClassifierEvaluation,
  type ClassifyOptions,
  type ClassifyRun,
  classify,
  evaluateClassifier,
  finetuneClassifier,
  type LabelledText,
  openClassifier,
  saveClassifier,
  type TextClassifier,
} from "./tasks/classify.js";
export {
  type ContrastLoss,
  type ContrastOptions,
  type ContrastRun,
  type EmbedderEvaluation,
  evaluateEmbedder,
  finetuneEmbedder,
  saveEmbedder,
  type TextPair,
} from "./tasks/contrast.js";
export { type Embedder, type EmbedderOptions, embed, openEmbedder } from "./tasks/embed.js";
export { fillMasks, type Guess } from "./tasks/fill-masks.js";
export { checkKnown } from "./tasks/labels.js";
export { finetuneLm, type LmOptions, type LmRun, openLm, saveLm } from "./tasks/lm.js";
export { encodeTexts } from "./tasks/lm-texts.js";
export { finetuneMlm, type MlmOptions, type MlmRun, maskedPerplexity, openMlm, saveMlm } from "./tasks/mlm.js";
export {
  classifyMultiLabel,
  evaluateMultiLabel,
  finetuneMultiLabel,
  type MultiLabelClassifier,
  type MultiLabelEvaluation,
  type MultiLabelled,
  type MultiLabelledText,
  type MultiLabelRun,
  openMultiLabel,
  saveMultiLabel,
} from "./tasks/multi-label.js";
export { finetuneMultiTask, type MultiTaskOptions, type MultiTaskRun } from "./tasks/multi-task.js";
export { openMultiTask, saveMultiTask, TASKS_FILE, tasksIn } from "./tasks/multi-task-folder.js";
export { openSeq2Seq, type Seq2SeqOpenOptions } from "./tasks/open-seq2seq.js";
export { type Perplexity, perplexity, type StrideOptions, stridedPerplexity } from "./tasks/perplexity.js";
export type { Pooling } from "./tasks/pooling.js";
export {
  evaluateRegressor,
  finetuneRegressor,
  openRegressor,
  type RatedText,
  type RegressorEvaluation,
  regress,
  saveRegressor,
} from "./tasks/regress.js";
export { accuracyUnderMoves, accuracyUnderWords, type EmbeddingAttack, type WordAttack } from "./tasks/robustness.js";
export type { Seq2SeqLimits, SourceTarget } from "./tasks/seq2seq-texts.js";
export { type Answered, bestAnswers, type Span, type SpanOptions, type WindowScores } from "./tasks/spans.js";
export { finetuneSeq2Seq, type Seq2SeqOptions, type Seq2SeqRun, saveSeq2Seq, targetPerplexity } from "./tasks/summarise.js";
export {
  evaluateTagger,
  type FoundEntity,
  findEntities,
  finetuneTagger,
  openTagger,
  saveTagger,
  type Tagger,
  type TaggerEvaluation,
  type TagOptions,
  type TagRun,
  tagWords,
} from "./tasks/tag.js";
export { TASK_KINDS, type TaskKind, type TaskModel, type TaskPart } from "./tasks/task-kinds.js";
export type { UseOptions } from "./tasks/use.js";
export { adaptersOverTexts, overTexts, type TextModel, type TextOptions, type TextRun } from "./tasks/whole-texts.js";
export { evaluateWriting, type WritingOptions, type Written, writerOf, writingCache, writingFigures } from "./tasks/write-targets.js";
export { type ChatMessage, type EncodeOptions, type Encoding, TOKENIZER_FILES, Tokenizer } from "./tokenizer/tokenizer.js";
export { type TokenizerOptions, trainBpe, trainWordPiece } from "./tokenizer/train.js";
export { type Adversarial, type AdversarialLoss, adversarialLoss } from "./train/adversarial.js";
export type { TrainerCallback, TrainerControl, TrainerState } from "./train/callbacks.js";
export type { Lesson } from "./train/lesson.js";
export { OPTIMIZER_NAMES, type OptimizerName } from "./train/optimizer.js";
export { type Strategy, TRAINING_DEFAULTS, type TrainingOptions, type TrainingProgress } from "./train/options.js";
export { type Best, type RunState, readRunState } from "./train/run-state.js";
export { type Mixture, type TrainingRun, type TrainingTask, train, trainTogether } from "./train/train.js";
export type { LogEntry } from "./train/trainer-state.js";
export type { TurnOptions } from "./train/turns.js";
export { openGguf } from "./weights/gguf.js";
export { type Llama2c, openLlama2c } from "./weights/llama2c.js";
export { type Match, matchWeights } from "./weights/match.js";
export { readWeights, type StoredMatrix, type WeightFile } from "./weights/read.js";
export type { StorageOptions } from "./weights/storage.js";
