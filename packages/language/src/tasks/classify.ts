/** Texts into classes: a head on a pretrained model, trained, evaluated and used. */

import {
  accuracy,
  averageScores,
  balancedAccuracy,
  calibration,
  classificationReport,
  cohenKappa,
  crossEntropy,
  type Engine,
  indexOfLargest,
  logLoss,
  matthewsCorrelation,
  rocAucMulticlass,
  softmax,
  type Tensor,
  topKAccuracy,
} from "@tetrad/engine";
import { sequenceClassification } from "../heads/sequence-classification.js";
import { type LanguageModel, openModel, saveModel } from "../model.js";
import { forEachBatch } from "../train/evaluate.js";
import { TRAINING_DEFAULTS, type TrainingOptions, type TrainingRun, train } from "../train/train.js";
import { runFiles } from "../train/trainer-state.js";
import { checkKnown, checkSequences, labelFields, labelsIn, labelsOfConfig } from "./labels.js";

export interface LabelledText {
  readonly text: string;
  readonly label: string;
}

export interface ClassifyOptions extends TrainingOptions {
  readonly labelSmoothingFactor?: number;
  /** Longer texts are cut, and counted. The model's own limit unless told. */
  readonly maxTokens?: number;
}

export interface TextClassifier {
  readonly model: LanguageModel;
  readonly labels: readonly string[];
  readonly maxTokens: number;
}

export interface ClassifyRun extends TextClassifier, TrainingRun {
  /** Texts that were longer than the limit. */
  readonly cut: number;
  /** Texts without a token of their own. */
  readonly empty: number;
}

/**
 * Fine-tunes the whole model on labelled texts.
 * @param folder a pretrained model as Hugging Face lays it out; its head, if it has one, is replaced where the classes are others
 * @throws TetradError DATA for texts of fewer than two classes; IO, FORMAT, UNSUPPORTED as `openModel`; DIVERGED
 */
export async function finetuneClassifier(
  engine: Engine,
  folder: string,
  rows: readonly LabelledText[],
  options: ClassifyOptions = {},
): Promise<ClassifyRun> {
  const labels = labelsIn(
    "classify",
    rows.map(({ label }) => label),
  );
  const { seed = TRAINING_DEFAULTS.seed, labelSmoothingFactor = 0 } = options;
  const model = await openModel(engine, folder, (backbone) => sequenceClassification(backbone, labels.length), { freshHead: true, seed });
  const { backbone, head, tokenizer } = model;
  const maxTokens = Math.min(options.maxTokens ?? backbone.maxTokens, backbone.maxTokens);
  const special = tokenizer.encode("").ids.length;
  const encoded = rows.map(({ text }) => tokenizer.encode(text, { maxTokens }));
  const sequences = encoded.map(({ ids }) => ids);
  checkSequences("classify", sequences);
  const number = new Map(labels.map((label, i) => [label, i]));
  const targets = rows.map(({ label }) => number.get(label) as number);
  const context = { training: true };
  const run = await train(
    engine,
    {
      model,
      sequences,
      inputs: ({ sequences: most }) => ({ labels: { shape: [most], dtype: "i32", bounded: "sequences" } }),
      feeds: (batch) => ({ labels: Int32Array.from(batch, (row) => targets[row] as number) }),
      loss(params, batch, inputs) {
        const { logits } = head.outputs(params, backbone.states(params, batch, context), batch, context);
        return crossEntropy(logits as Tensor, inputs["labels"] as Tensor, { labelSmoothing: labelSmoothingFactor });
      },
    },
    options,
  );
  return {
    ...run,
    model,
    labels,
    maxTokens,
    cut: encoded.filter(({ cut }) => cut > 0).length,
    empty: sequences.filter(({ length }) => length <= special).length,
  };
}

/** Writes the folder as transformers reads it: config.json with the classes, weights, tokenizer, the log, and a card. @throws TetradError IO */
export async function saveClassifier(run: ClassifyRun, path: string, card?: string): Promise<void> {
  await saveModel(run.model, path, { ...labelFields(run.labels), problem_type: "single_label_classification" }, runFiles(run, card));
}

/** A fine-tuned folder, ours or transformers'. @throws TetradError FORMAT for a folder without classes */
export async function openClassifier(engine: Engine, folder: string): Promise<TextClassifier> {
  const model = await openModel(engine, folder, (backbone, config) =>
    sequenceClassification(backbone, labelsOfConfig(config, folder).length),
  );
  return { model, labels: labelsOfConfig(model.config, folder), maxTokens: model.backbone.maxTokens };
}

export interface Classified {
  readonly label: string;
  /** Of each class, in the classifier's order */
  readonly probabilities: Float32Array;
}

/** The most probable class of each text. */
export async function classify(
  engine: Engine,
  { model, labels, maxTokens }: TextClassifier,
  texts: readonly string[],
): Promise<Classified[]> {
  const sequences = texts.map((text) => model.tokenizer.encode(text, { maxTokens }).ids);
  checkSequences("classify", sequences);
  const { backbone, head } = model;
  const context = { training: false };
  const results: Classified[] = [];
  await forEachBatch(engine, model, {
    sequences,
    outputs(params, batch) {
      const { logits } = head.outputs(params, backbone.states(params, batch, context), batch, context);
      return { probabilities: softmax(logits as Tensor) };
    },
    each: (numbers, _, { probabilities }) =>
      numbers.forEach((__, i) => {
        const own = (probabilities as Float32Array).slice(i * labels.length, (i + 1) * labels.length);
        results.push({ label: labels[indexOfLargest(own)] as string, probabilities: own });
      }),
  });
  return results;
}

export interface ClassifierEvaluation {
  readonly texts: number;
  readonly accuracy: number;
  readonly macroF1: number;
  readonly weightedF1: number;
  readonly balancedAccuracy: number;
  /** Matthews' correlation coefficient */
  readonly mcc: number;
  /** Cohen's */
  readonly kappa: number;
  /** Each class against the others, weighted by how many texts it has */
  readonly rocAuc: number;
  readonly logLoss: number;
  /** How far confidence is from accuracy, in 15 bins */
  readonly calibrationError: number;
  /** Share of texts whose class is among the three most probable */
  readonly top3Accuracy: number;
  /** scikit-learn's classification report */
  readonly report: string;
  readonly predicted: readonly Classified[];
}

/** @throws TetradError DATA for a class that the classifier does not know */
export async function evaluateClassifier(
  engine: Engine,
  classifier: TextClassifier,
  rows: readonly LabelledText[],
): Promise<ClassifierEvaluation> {
  const target = rows.map(({ label }) => label);
  checkKnown(classifier.labels, target);
  const predicted = await classify(
    engine,
    classifier,
    rows.map(({ text }) => text),
  );
  const guessed = predicted.map(({ label }) => label);
  const number = new Map(classifier.labels.map((label, i) => [label, i]));
  const numbers = target.map((label) => number.get(label) as number);
  const probabilities = predicted.flatMap((one) => Array.from(one.probabilities));
  return {
    texts: rows.length,
    balancedAccuracy: balancedAccuracy(target, guessed),
    mcc: matthewsCorrelation(target, guessed),
    kappa: cohenKappa(target, guessed),
    rocAuc: rocAucMulticlass(numbers, probabilities, { average: "weighted" }),
    logLoss: logLoss(numbers, probabilities),
    calibrationError: calibration(numbers, probabilities).expectedError,
    top3Accuracy: topKAccuracy(numbers, probabilities, 3),
    accuracy: accuracy(target, guessed),
    macroF1: averageScores(target, guessed, "macro").f1,
    weightedF1: averageScores(target, guessed, "weighted").f1,
    report: classificationReport(target, guessed, { digits: 4 }),
    predicted,
  };
}
