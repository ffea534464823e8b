/** How good predictions are, in the target's own units, as facts and as text. */
import {
  accuracy,
  averageScores,
  classificationReport,
  columnIndex,
  confusionMatrix,
  decodeLabels,
  decodeNumbers,
  numberColumn,
  type Preprocessing,
  type RegressionMetrics,
  regressionMetrics,
  type Table,
} from "@tetrad/engine";
import { percent } from "../numbers.js";

export interface RegressionResult extends RegressionMetrics {
  readonly task: "regression";
}

export interface ClassificationResult {
  readonly task: "classification";
  readonly count: number;
  readonly accuracy: number;
  readonly macroF1: number;
  readonly weightedF1: number;
  readonly labels: readonly string[];
  /** `confusion[i][j]`: rows of label i predicted as label j. */
  readonly confusion: readonly (readonly number[])[];
  readonly report: string;
}

export type Result = RegressionResult | ClassificationResult;

/** What was predicted for each row, and what was true: numbers, or labels. */
export interface Predictions {
  readonly predicted: readonly (number | string)[];
  /** Probability of the predicted label; only for labels. */
  readonly probability?: readonly number[];
}

/** @param outputs the network's, (rows, 1) or (rows, labels) */
export function decode(preprocessing: Preprocessing, outputs: Float32Array): Predictions {
  const { target } = preprocessing;
  if (target.kind === "number") return { predicted: [...decodeNumbers(preprocessing, outputs)] };
  const { indices, probabilities } = decodeLabels(preprocessing, outputs);
  const k = target.labels.length;
  return {
    predicted: Array.from(indices, (index) => target.labels[index] as string),
    probability: Array.from(indices, (index, i) => probabilities[i * k + index] as number),
  };
}

/** The true values of rows, as numbers or as labels. @throws TetradError DATA for a value that is missing or no number */
export function truth({ target }: Preprocessing, table: Table, rows: ArrayLike<number>): (number | string)[] {
  if (target.kind === "number") return [...numberColumn(table, target.name, "error", rows)];
  const column = columnIndex(table, target.name);
  return Array.from(rows, (row) => (table.rows[row] as readonly string[])[column] as string);
}

export function evaluate({ target }: Preprocessing, actual: readonly (number | string)[], { predicted }: Predictions): Result {
  if (target.kind === "number") return { task: "regression", ...regressionMetrics(actual as number[], predicted as number[]) };
  return {
    task: "classification",
    count: actual.length,
    accuracy: accuracy(actual, predicted),
    macroF1: averageScores(actual, predicted, "macro").f1,
    weightedF1: averageScores(actual, predicted, "weighted").f1,
    labels: target.labels,
    confusion: confusionMatrix(actual, predicted, target.labels),
    report: classificationReport(actual, predicted),
  };
}

/** A few lines for people. */
export function resultText(result: Result, unit = ""): string {
  if (result.task === "classification") return result.report.trimEnd();
  const number = (value: number) => `${Number(value.toPrecision(4))}${unit}`;
  return [
    `R²                      ${result.r2.toFixed(6)}`,
    `root mean square error  ${number(result.rmse)}`,
    `mean absolute error     ${number(result.mae)}`,
    `largest error           ${number(result.maxError)}`,
    `relative error          median ${percent(result.medianRelativeError)}, largest ${percent(result.maxRelativeError)}`,
  ].join("\n");
}
