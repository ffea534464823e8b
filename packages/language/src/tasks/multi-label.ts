/** Texts with any number of labels each: a yes or no for every label, as transformers' head for `multi_label_classification`. */

import { bceWithLogits, type Engine, type MultiLabelScores, multiLabelReport, multiLabelScores, sigmoid } from "@tetrad/engine";
import { saveModel } from "../model.js";
import { type LoggedOrOpened, runFiles } from "../train/trainer-state.js";
import { checkKnown, labelFields, labelsIn } from "./labels.js";
import { trainSubject } from "./subject.js";
import type { UseOptions } from "./use.js";
import { openOverTexts, outputsOfTexts, type TextModel, type TextOptions, type TextRun, textSubject } from "./whole-texts.js";

export interface MultiLabelledText {
  readonly text: string;
  /** Perhaps none */
  readonly labels: readonly string[];
}

export interface MultiLabelClassifier extends TextModel {
  readonly labels: readonly string[];
}

export interface MultiLabelOptions extends TextOptions {
  /** Texts that are not learned, for evaluations while the others are */
  readonly evaluation?: readonly MultiLabelledText[];
}

export type MultiLabelRun = MultiLabelClassifier & TextRun;

/** A label is said of a text from this probability on. */
const THRESHOLD = 0.5;

/**
 * Fine-tunes the whole model; the loss is the binary cross-entropy of every label, averaged.
 * @throws TetradError DATA for fewer than two labels; IO, FORMAT, UNSUPPORTED as `openModel`; DIVERGED
 */
export async function finetuneMultiLabel(
  engine: Engine,
  folder: string,
  rows: readonly MultiLabelledText[],
  options: MultiLabelOptions = {},
): Promise<MultiLabelRun> {
  return trainSubject(engine, folder, multiLabelSubject(engine, rows, options), options);
}

/** @throws TetradError DATA for fewer than two labels */
export function multiLabelSubject(engine: Engine, rows: readonly MultiLabelledText[], options: MultiLabelOptions) {
  const { evaluation } = options;
  const labels = labelsIn(
    "multi-label",
    rows.flatMap((row) => row.labels),
  );
  return textSubject(
    rows.map(({ text }) => text),
    {
      outputs: labels.length,
      dtype: "f32",
      width: labels.length,
      values: rows.flatMap((row) => indicators(row.labels, labels)),
      loss: (logits, targets) => bceWithLogits(logits, targets),
      fields: fieldsOf(labels),
      ...(evaluation !== undefined && {
        async evaluate(model) {
          const { micro, macro, samples } = await evaluateMultiLabel(engine, { ...model, labels }, evaluation);
          return { f1: micro.f1, f1_macro: macro.f1, f1_samples: samples.f1 };
        },
      }),
    },
    options,
    { labels },
  );
}

/** 1 for each of `all` that is among `some`, else 0. */
function indicators(some: readonly string[], all: readonly string[]): number[] {
  return all.map((label) => Number(some.includes(label)));
}

/** What config.json says of the labels. */
const fieldsOf = (labels: readonly string[]) => ({ ...labelFields(labels), problem_type: "multi_label_classification" });

/** Writes the folder as transformers reads it. @throws TetradError IO */
export async function saveMultiLabel(run: MultiLabelClassifier & LoggedOrOpened, path: string, card?: string): Promise<void> {
  await saveModel(run.model, path, fieldsOf(run.labels), runFiles(run, card));
}

/** A fine-tuned folder, ours or transformers'. @throws TetradError FORMAT for a folder without labels */
export async function openMultiLabel(engine: Engine, folder: string, options: UseOptions = {}): Promise<MultiLabelClassifier> {
  return openOverTexts(engine, folder, options);
}

export interface MultiLabelled {
  /** Those that are as probable as not, or more */
  readonly labels: readonly string[];
  /** Of each label, in the classifier's order; they need not add up to 1 */
  readonly probabilities: Float32Array;
}

/** The labels of each text. */
export async function classifyMultiLabel(
  engine: Engine,
  classifier: MultiLabelClassifier,
  texts: readonly string[],
): Promise<MultiLabelled[]> {
  const all = await outputsOfTexts(engine, classifier, texts, classifier.labels.length, (logits) => sigmoid(logits));
  return all.map((probabilities) => ({
    labels: classifier.labels.filter((_, i) => (probabilities[i] as number) >= THRESHOLD),
    probabilities,
  }));
}

export interface MultiLabelEvaluation extends MultiLabelScores {
  readonly texts: number;
  /** scikit-learn's classification report */
  readonly report: string;
  readonly predicted: readonly MultiLabelled[];
}

/** @throws TetradError DATA for a label that the classifier does not know */
export async function evaluateMultiLabel(
  engine: Engine,
  classifier: MultiLabelClassifier,
  rows: readonly MultiLabelledText[],
): Promise<MultiLabelEvaluation> {
  const target = rows.map(({ labels }) => labels);
  checkKnown(classifier.labels, target.flat());
  const predicted = await classifyMultiLabel(
    engine,
    classifier,
    rows.map(({ text }) => text),
  );
  const scores = multiLabelScores(
    target,
    predicted.map(({ labels }) => labels),
    classifier.labels,
  );
  return { ...scores, texts: rows.length, report: multiLabelReport(scores, classifier.labels, { digits: 4 }), predicted };
}
