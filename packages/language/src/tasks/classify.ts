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
  topKAccuracy,
} from "@tetrad/engine";
import { saveModel } from "../model.js";
import { TRAINING_DEFAULTS } from "../train/options.js";
import { type LoggedOrOpened, runFiles } from "../train/trainer-state.js";
import { checkKnown, labelFields, labelsIn } from "./labels.js";
import { trainSubject } from "./subject.js";
import type { UseOptions } from "./use.js";
import { openOverTexts, outputsOfTexts, type TextModel, type TextOptions, type TextRun, textSubject } from "./whole-texts.js";

export interface LabelledText {
  readonly text: string;
  readonly label: string;
}

export interface ClassifyOptions extends TextOptions {
  /** Texts that are not learned, for evaluations while the others are */
  readonly evaluation?: readonly LabelledText[];
}

export interface TextClassifier extends TextModel {
  readonly labels: readonly string[];
}

export type ClassifyRun = TextClassifier & TextRun;

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
  return trainSubject(engine, folder, classifySubject(engine, rows, options), options);
}

/** @throws TetradError DATA for texts of fewer than two classes */
export function classifySubject(engine: Engine, rows: readonly LabelledText[], options: ClassifyOptions) {
  const labels = labelsIn(
    "classify",
    rows.map(({ label }) => label),
  );
  const number = new Map(labels.map((label, i) => [label, i]));
  const { evaluation, labelSmoothingFactor: labelSmoothing = TRAINING_DEFAULTS.labelSmoothingFactor } = options;
  return textSubject(
    rows.map(({ text }) => text),
    {
      outputs: labels.length,
      dtype: "i32",
      values: rows.map(({ label }) => number.get(label) as number),
      loss: (logits, targets) => crossEntropy(logits, targets, { labelSmoothing }),
      fields: fieldsOf(labels),
      ...(evaluation !== undefined && {
        async evaluate(model) {
          const { accuracy: right, macroF1, logLoss: loss } = await evaluateClassifier(engine, { ...model, labels }, evaluation);
          return { loss, accuracy: right, f1: macroF1 };
        },
      }),
    },
    options,
    { labels },
  );
}

/** What config.json says of the classes. */
const fieldsOf = (labels: readonly string[]) => ({ ...labelFields(labels), problem_type: "single_label_classification" });

/** Writes the folder as transformers reads it: config.json with the classes, weights, tokenizer, the log, and a card. @throws TetradError IO */
export async function saveClassifier(run: TextClassifier & LoggedOrOpened, path: string, card?: string): Promise<void> {
  await saveModel(run.model, path, fieldsOf(run.labels), runFiles(run, card));
}

/** A fine-tuned folder, ours or transformers'. @throws TetradError FORMAT for a folder without classes */
export async function openClassifier(engine: Engine, folder: string, options: UseOptions = {}): Promise<TextClassifier> {
  return openOverTexts(engine, folder, options);
}

export interface Classified {
  readonly label: string;
  /** Of each class, in the classifier's order */
  readonly probabilities: Float32Array;
}

/** The most probable class of each text. */
export async function classify(engine: Engine, classifier: TextClassifier, texts: readonly string[]): Promise<Classified[]> {
  const { labels } = classifier;
  const all = await outputsOfTexts(engine, classifier, texts, labels.length, (logits) => softmax(logits));
  return all.map((probabilities) => ({ label: labels[indexOfLargest(probabilities)] as string, probabilities }));
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
