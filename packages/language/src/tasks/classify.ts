/** Texts into classes: a head on a pretrained model, trained, evaluated and used. */

import {
  accuracy,
  adamw,
  averageScores,
  classificationReport,
  crossEntropy,
  type Engine,
  type FunctionProgram,
  type JsonObject,
  makeSchedule,
  softmax,
  type Tensor,
  TetradError,
} from "@tetrad/engine";
import { type BatchLimits, batchSpecs, limitsOf, packBatch, within } from "../data/batch.js";
import { sequenceClassification } from "../heads/sequence-classification.js";
import { type LanguageModel, openModel, readConfig, saveModel } from "../model.js";
import type { TokenBatch } from "../models/backbone.js";
import { batchesOf } from "../train/order.js";
import { type LogEntry, trainerState } from "../train/trainer-state.js";

export interface LabelledText {
  readonly text: string;
  readonly label: string;
}

/** Names and defaults as Hugging Face's TrainingArguments, in camelCase; the rate is theirs for a whole model. */
export interface ClassifyOptions {
  readonly numTrainEpochs?: number;
  /** Texts of a step */
  readonly perDeviceTrainBatchSize?: number;
  readonly learningRate?: number;
  readonly weightDecay?: number;
  /** Share of all steps in which the rate rises. */
  readonly warmupRatio?: number;
  readonly maxGradNorm?: number;
  readonly labelSmoothingFactor?: number;
  readonly seed?: number;
  /** Longer texts are cut, and counted. The model's own limit unless told. */
  readonly maxTokens?: number;
  /** Ends training after the step at hand. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ClassifyProgress) => void;
}

export interface ClassifyProgress {
  readonly step: number;
  readonly steps: number;
  readonly epoch: number;
  readonly epochs: number;
  /** Mean of the last steps */
  readonly loss: number;
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
}

export interface TextClassifier {
  readonly model: LanguageModel;
  readonly labels: readonly string[];
  readonly maxTokens: number;
}

export interface ClassifyRun extends TextClassifier {
  readonly steps: number;
  readonly epochs: number;
  readonly seconds: number;
  /** Tokens that were computed; none of them is padding. */
  readonly tokens: number;
  /** Texts that were longer than the limit. */
  readonly cut: number;
  /** Texts without a token of their own. */
  readonly empty: number;
  /** Loss of every step */
  readonly losses: readonly number[];
  readonly log: readonly LogEntry[];
  readonly placement: string;
  readonly interrupted: boolean;
}

const DEFAULTS = {
  numTrainEpochs: 3,
  perDeviceTrainBatchSize: 16,
  learningRate: 5e-5,
  weightDecay: 0.01,
  warmupRatio: 0.1,
  maxGradNorm: 1,
  labelSmoothingFactor: 0,
  seed: 0,
};
/** Losses of so many steps are averaged for progress and log. */
const LOG_STEPS = 50;
/** What evaluation lays end to end. */
const EVALUATION: BatchLimits = { tokens: 4096, sequences: 256 };

/**
 * Fine-tunes the whole model on labelled texts. Batches are packed; AdamW, linear rate after a warm-up, decay on matrices only.
 * @param folder a pretrained model as Hugging Face lays it out; its head, if it has one, is replaced where the classes are others
 * @throws TetradError DATA for texts of fewer than two classes; IO, FORMAT, UNSUPPORTED as `openModel`; DIVERGED
 */
export async function finetuneClassifier(
  engine: Engine,
  folder: string,
  rows: readonly LabelledText[],
  options: ClassifyOptions = {},
): Promise<ClassifyRun> {
  const settings = { ...DEFAULTS, ...options };
  const labels = labelsIn(rows);
  const model = await openModel(engine, folder, (backbone) => sequenceClassification(backbone, labels.length), {
    freshHead: true,
    seed: settings.seed,
  });
  const { backbone, head, store, tokenizer } = model;
  const maxTokens = Math.min(settings.maxTokens ?? backbone.maxTokens, backbone.maxTokens);
  const empties = tokenizer.encode("").ids.length;
  const encoded = rows.map(({ text }) => tokenizer.encode(text, { maxTokens }));
  const sequences = encoded.map(({ ids }) => ids);
  checkSequences(sequences);
  const number = new Map(labels.map((label, i) => [label, i]));
  const targets = rows.map(({ label }) => number.get(label) as number);

  const size = Math.min(settings.perDeviceTrainBatchSize, rows.length);
  const limits = limitsOf(sequences, size);
  const steps = Math.ceil(rows.length / size) * settings.numTrainEpochs;
  const lr = makeSchedule({ name: "linear", warmupRatio: settings.warmupRatio }, settings.learningRate, steps);
  const program = await engine.compile(
    store,
    { ...batchSpecs(limits), labels: { shape: [limits.sequences], dtype: "i32", bounded: "sequences" } },
    (params, inputs) => {
      const batch = inputs as unknown as TokenBatch;
      const context = { training: true };
      const { logits } = head.outputs(params, backbone.states(params, batch, context), batch, context);
      return crossEntropy(logits as Tensor, inputs["labels"] as Tensor, { labelSmoothing: settings.labelSmoothingFactor });
    },
    { optimizer: adamw({ lr, weightDecay: settings.weightDecay, clipNorm: settings.maxGradNorm }), seed: settings.seed },
  );
  const losses: number[] = [];
  const log: LogEntry[] = [];
  const begin = performance.now();
  let tokens = 0;
  let interrupted = false;
  const seconds = () => (performance.now() - begin) / 1000;
  try {
    training: for (let epoch = 0; epoch < settings.numTrainEpochs; epoch++) {
      for (const batch of batchesOf(rows.length, size, settings.seed, epoch)) {
        const arrays = packBatch(
          batch.map((row) => sequences[row] as readonly number[]),
          limits,
          backbone.causal,
        );
        const feeds = { ...arrays, labels: Int32Array.from(batch, (row) => targets[row] as number) };
        losses.push((await program.step(feeds)).loss);
        tokens += arrays.ids.length;
        const step = losses.length;
        const recent = losses.slice(-Math.min(LOG_STEPS, step));
        const loss = recent.reduce((sum, value) => sum + value, 0) / recent.length;
        if (step % LOG_STEPS === 0 || step === steps) {
          log.push({ epoch: (step / steps) * settings.numTrainEpochs, learning_rate: lr(step - 1), loss, step });
        }
        settings.onProgress?.({
          step,
          steps,
          epoch,
          epochs: settings.numTrainEpochs,
          loss,
          tokensPerSecond: tokens / seconds(),
          secondsLeft: (seconds() / step) * (steps - step),
        });
        if (settings.signal?.aborted === true) {
          interrupted = step < steps;
          break training;
        }
      }
    }
    return {
      model,
      labels,
      maxTokens,
      steps: losses.length,
      epochs: settings.numTrainEpochs,
      seconds: seconds(),
      tokens,
      cut: encoded.filter(({ cut }) => cut > 0).length,
      empty: sequences.filter(({ length }) => length <= empties).length,
      losses,
      log,
      placement: program.placement,
      interrupted,
    };
  } finally {
    program.close();
    engine.releaseOptimizerState(store);
  }
}

/** Every class once, by code unit. @throws TetradError DATA for fewer than two */
function labelsIn(rows: readonly LabelledText[]): string[] {
  const labels = [...new Set(rows.map(({ label }) => label))].sort((a, b) => (a < b ? -1 : 1));
  if (labels.length >= 2) return labels;
  throw new TetradError("DATA", {
    op: "classify",
    what: "there is nothing to tell apart",
    got: `${rows.length} texts, ${labels.length === 0 ? "no class" : `all of class ${JSON.stringify(labels[0])}`}`,
    expected: "texts of at least two classes",
    hint: "is that the column of classes?",
  });
}

/** A tokenizer without special tokens makes nothing of an empty text, and a model can say nothing about nothing. */
function checkSequences(sequences: readonly (readonly number[])[]): void {
  const row = sequences.findIndex(({ length }) => length === 0);
  if (row >= 0) {
    throw new TetradError("DATA", {
      op: "classify",
      what: "a text has no token",
      at: `text ${row + 1}`,
      hint: "leave empty texts out: this model's tokenizer adds nothing to them",
    });
  }
}

/** Writes the folder as transformers reads it: config.json with the classes, weights, tokenizer, the log, and a card. @throws TetradError IO */
export async function saveClassifier(run: ClassifyRun, path: string, card?: string): Promise<void> {
  const id2label = Object.fromEntries(run.labels.map((label, i) => [`${i}`, label]));
  const label2id = Object.fromEntries(run.labels.map((label, i) => [label, i]));
  const changes: JsonObject = { id2label, label2id, problem_type: "single_label_classification" };
  await saveModel(run.model, path, changes, {
    "trainer_state.json": trainerState({ epoch: run.epochs, steps: run.steps, log: run.log }),
    ...(card !== undefined && { "README.md": card }),
  });
}

/** A fine-tuned folder, ours or transformers'. @throws TetradError FORMAT for a folder without classes */
export async function openClassifier(engine: Engine, folder: string): Promise<TextClassifier> {
  const labels = labelsOfConfig(await readConfig(folder), folder);
  const model = await openModel(engine, folder, (backbone) => sequenceClassification(backbone, labels.length));
  return { model, labels, maxTokens: model.backbone.maxTokens };
}

function labelsOfConfig(config: JsonObject, folder: string): string[] {
  const names = config["id2label"];
  const count = typeof names === "object" && names !== null ? Object.keys(names).length : 0;
  const labels = Array.from({ length: count }, (_, i) => (names as Readonly<Record<string, unknown>>)[`${i}`]);
  if (count > 0 && labels.every((label) => typeof label === "string")) return labels as string[];
  throw new TetradError("FORMAT", {
    op: `${folder}/config.json`,
    what: '"id2label" does not name the classes',
    hint: "is this a classifier? fine-tune one with: tetrad finetune classify",
  });
}

export interface Classified {
  readonly label: string;
  /** Of each class, in the classifier's order */
  readonly probabilities: Float32Array;
}

/** One program for any number of texts. */
async function programOf(
  engine: Engine,
  { model: { backbone, head, store } }: TextClassifier,
  limits: BatchLimits,
): Promise<FunctionProgram> {
  return engine.compileWith(store, batchSpecs(limits), (params, inputs) => {
    const batch = inputs as unknown as TokenBatch;
    const context = { training: false };
    const { logits } = head.outputs(params, backbone.states(params, batch, context), batch, context);
    return { probabilities: softmax(logits as Tensor) };
  });
}

/** The most probable class of each text. */
export async function classify(engine: Engine, classifier: TextClassifier, texts: readonly string[]): Promise<Classified[]> {
  const { model, labels, maxTokens } = classifier;
  const sequences = texts.map((text) => model.tokenizer.encode(text, { maxTokens }).ids);
  checkSequences(sequences);
  const longest = sequences.reduce((most, { length }) => Math.max(most, length), 1);
  const limits = {
    tokens: Math.max(longest, Math.min(EVALUATION.tokens, limitsOf(sequences, EVALUATION.sequences).tokens)),
    sequences: Math.max(1, Math.min(texts.length, EVALUATION.sequences)),
  };
  const program = await programOf(engine, classifier, limits);
  try {
    const results: Classified[] = [];
    for (const batch of within(sequences, limits)) {
      const { probabilities } = await program.call(
        packBatch(
          batch.map((i) => sequences[i] as readonly number[]),
          limits,
          model.backbone.causal,
        ),
      );
      batch.forEach((_, i) => {
        const own = (probabilities as Float32Array).slice(i * labels.length, (i + 1) * labels.length);
        results.push({ label: labels[own.indexOf(own.reduce((a, b) => Math.max(a, b)))] as string, probabilities: own });
      });
    }
    return results;
  } finally {
    program.close();
  }
}

export interface ClassifierEvaluation {
  readonly texts: number;
  readonly accuracy: number;
  readonly macroF1: number;
  readonly weightedF1: number;
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
  const known = new Set(classifier.labels);
  const unknown = [...new Set(rows.map(({ label }) => label).filter((label) => !known.has(label)))];
  if (unknown.length > 0) {
    throw new TetradError("DATA", {
      op: "evaluate",
      what: "the data have classes that the classifier was not trained on",
      got:
        unknown
          .slice(0, 5)
          .map((label) => JSON.stringify(label))
          .join(", ") + (unknown.length > 5 ? ` and ${unknown.length - 5} more` : ""),
      expected: `some of its ${known.size}`,
    });
  }
  const predicted = await classify(
    engine,
    classifier,
    rows.map(({ text }) => text),
  );
  const target = rows.map(({ label }) => label);
  const guessed = predicted.map(({ label }) => label);
  return {
    texts: rows.length,
    accuracy: accuracy(target, guessed),
    macroF1: averageScores(target, guessed, "macro").f1,
    weightedF1: averageScores(target, guessed, "weighted").f1,
    report: classificationReport(target, guessed, { digits: 4 }),
    predicted,
  };
}
