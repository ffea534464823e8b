/** Texts into numbers: a score, a grade, a similarity; trained by the mean squared error, as transformers' head with one output. */

import { type Engine, mse, pearson, type RegressionMetrics, regressionMetrics, reshape, spearman, TetradError } from "@tetrad/engine";
import { saveModel } from "../model.js";
import { type LoggedOrOpened, runFiles } from "../train/trainer-state.js";
import { labelFields } from "./labels.js";
import { trainSubject } from "./subject.js";
import type { UseOptions } from "./use.js";
import { openOverTexts, outputsOfTexts, type TextModel, type TextOptions, type TextRun, textSubject } from "./whole-texts.js";

export interface RatedText {
  readonly text: string;
  readonly value: number;
}

export interface RegressOptions extends TextOptions {
  /** Texts that are not learned, for evaluations while the others are */
  readonly evaluation?: readonly RatedText[];
}

/** transformers' name of the one output */
const FIELDS = { ...labelFields(["LABEL_0"]), problem_type: "regression" };

/**
 * Fine-tunes the whole model on texts with a number each.
 * @throws TetradError DATA for a number that is not finite; IO, FORMAT, UNSUPPORTED as `openModel`; DIVERGED
 */
export async function finetuneRegressor(
  engine: Engine,
  folder: string,
  rows: readonly RatedText[],
  options: RegressOptions = {},
): Promise<TextRun> {
  return trainSubject(engine, folder, regressSubject(engine, rows, options), options);
}

/** @throws TetradError DATA for a number that is not finite */
export function regressSubject(engine: Engine, rows: readonly RatedText[], options: RegressOptions) {
  checkValues(rows);
  const { evaluation } = options;
  return textSubject(
    rows.map(({ text }) => text),
    {
      outputs: 1,
      dtype: "f32",
      values: rows.map(({ value }) => value),
      loss: (logits, targets) => mse(reshape(logits, targets.shape), targets),
      fields: FIELDS,
      ...(evaluation !== undefined && {
        async evaluate(model) {
          const { mse: loss, mae, r2 } = await evaluateRegressor(engine, model, evaluation);
          return { loss, mae, r2 };
        },
      }),
    },
    options,
    {},
  );
}

function checkValues(rows: readonly RatedText[]): void {
  const row = rows.findIndex(({ value }) => !Number.isFinite(value));
  if (row < 0) return;
  throw new TetradError("DATA", {
    op: "regress",
    what: "a text's number is not finite",
    got: `${rows[row]?.value}`,
    at: `text ${row + 1}`,
  });
}

/** Writes the folder as transformers reads it. @throws TetradError IO */
export async function saveRegressor(run: TextModel & LoggedOrOpened, path: string, card?: string): Promise<void> {
  await saveModel(run.model, path, FIELDS, runFiles(run, card));
}

/** A fine-tuned folder, ours or transformers'. @throws TetradError FORMAT for a folder whose head has other than one output */
export async function openRegressor(engine: Engine, folder: string, options: UseOptions = {}): Promise<TextModel> {
  const { labels, ...regressor } = await openOverTexts(engine, folder, options);
  if (labels.length === 1) return regressor;
  throw new TetradError("FORMAT", {
    op: `${folder}/config.json`,
    what: "this head puts texts into classes",
    got: `${labels.length} outputs`,
    expected: "one",
  });
}

/** A number for each text. */
export async function regress(engine: Engine, regressor: TextModel, texts: readonly string[]): Promise<Float32Array> {
  const all = await outputsOfTexts(engine, regressor, texts, 1, (logits) => logits);
  return Float32Array.from(all, ([value]) => value as number);
}

export interface RegressorEvaluation extends RegressionMetrics {
  /** Of the numbers, then of their ranks; NaN where one side is constant */
  readonly pearson: number;
  readonly spearman: number;
  readonly predicted: Float32Array;
}

export async function evaluateRegressor(engine: Engine, regressor: TextModel, rows: readonly RatedText[]): Promise<RegressorEvaluation> {
  checkValues(rows);
  const target = rows.map(({ value }) => value);
  const predicted = await regress(
    engine,
    regressor,
    rows.map(({ text }) => text),
  );
  return {
    ...regressionMetrics(target, predicted),
    pearson: pearson(target, predicted),
    spearman: spearman(target, predicted),
    predicted,
  };
}
