/** How often predicted labels are right; definitions and edge cases are those of scikit-learn 1.x `sklearn.metrics` with `zero_division=0`. */
import { TetradError } from "../errors.js";

/** A label: an index, a number or a text. */
export type Label = number | string;

/** Every label that occurs, numbers by size, texts by code unit. */
export function labelsOf(...lists: readonly ArrayLike<Label>[]): Label[] {
  const all = new Set<Label>(lists.flatMap((list) => Array.from(list)));
  return [...all].sort((a, b) => (typeof a === "number" && typeof b === "number" ? a - b : a < b ? -1 : a > b ? 1 : 0));
}

/** `counts[i][j]`: samples of label i that were predicted as label j. Samples with a label outside `labels` are left out. */
export function confusionMatrix(
  target: ArrayLike<Label>,
  predicted: ArrayLike<Label>,
  labels: readonly Label[] = labelsOf(target, predicted),
): number[][] {
  checkLengths("confusionMatrix", target, predicted);
  const indexOf = new Map(labels.map((label, i) => [label, i]));
  const counts = labels.map(() => labels.map(() => 0));
  for (let k = 0; k < target.length; k++) {
    const row = counts[indexOf.get(target[k] as Label) ?? -1];
    const j = indexOf.get(predicted[k] as Label);
    if (row !== undefined && j !== undefined) row[j] = (row[j] as number) + 1;
  }
  return counts;
}

/** How often each label is the target, and how often it was predicted. */
const margins = (counts: readonly number[][]): [rows: number[], columns: number[]] => [
  counts.map((row) => row.reduce((a, b) => a + b, 0)),
  counts.map((_, j) => counts.reduce((sum, row) => sum + (row[j] as number), 0)),
];

/** Share of samples predicted right. */
export function accuracy(target: ArrayLike<Label>, predicted: ArrayLike<Label>): number {
  checkLengths("accuracy", target, predicted);
  let right = 0;
  for (let k = 0; k < target.length; k++) if (target[k] === predicted[k]) right++;
  return right / target.length;
}

/** Mean recall over the labels that occur in `target`. */
export function balancedAccuracy(target: ArrayLike<Label>, predicted: ArrayLike<Label>): number {
  const present = classScores(target, predicted).filter(({ support }) => support > 0);
  return present.reduce((sum, { recall }) => sum + recall, 0) / present.length;
}

/** Matthews' correlation coefficient for any number of classes (Gorodkin 2004), 0 where it is undefined. */
export function matthewsCorrelation(target: ArrayLike<Label>, predicted: ArrayLike<Label>): number {
  const counts = confusionMatrix(target, predicted);
  const n = target.length;
  const [rows, columns] = margins(counts);
  const right = counts.reduce((sum, row, i) => sum + (row[i] as number), 0);
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
  const scale = (n * n - dot(columns, columns)) * (n * n - dot(rows, rows));
  return scale === 0 ? 0 : (right * n - dot(rows, columns)) / Math.sqrt(scale);
}

/**
 * Agreement beyond chance (Cohen 1960); with weights, labels that lie farther apart disagree more. NaN where chance alone agrees always.
 * @param weights by the distance of labels in their order, or its square
 */
export function cohenKappa(
  target: ArrayLike<Label>,
  predicted: ArrayLike<Label>,
  {
    weights = "none",
    labels = labelsOf(target, predicted),
  }: { readonly weights?: "none" | "linear" | "quadratic"; readonly labels?: readonly Label[] } = {},
): number {
  const counts = confusionMatrix(target, predicted, labels);
  const [rows, columns] = margins(counts);
  const total = rows.reduce((a, b) => a + b, 0);
  let [seen, chance] = [0, 0];
  counts.forEach((row, i) =>
    row.forEach((count, j) => {
      const weight = weights === "none" ? Number(i !== j) : weights === "linear" ? Math.abs(i - j) : (i - j) ** 2;
      seen += weight * count;
      chance += (weight * (rows[i] as number) * (columns[j] as number)) / total;
    }),
  );
  return 1 - seen / chance;
}

export interface ClassScore {
  readonly precision: number;
  readonly recall: number;
  /** F-beta; F1 unless another beta was asked for. */
  readonly f1: number;
  /** Samples of this class in the target. */
  readonly support: number;
}

interface Counts {
  readonly truePositive: number;
  readonly predicted: number;
  readonly support: number;
}

function countClasses(target: ArrayLike<Label>, predicted: ArrayLike<Label>, labels: readonly Label[]): Counts[] {
  checkLengths("classScores", target, predicted);
  const indexOf = new Map(labels.map((label, i) => [label, i]));
  const counts = labels.map(() => ({ truePositive: 0, predicted: 0, support: 0 }));
  for (let k = 0; k < target.length; k++) {
    const is = counts[indexOf.get(target[k] as Label) ?? -1];
    const said = counts[indexOf.get(predicted[k] as Label) ?? -1];
    if (is !== undefined) is.support++;
    if (said !== undefined) said.predicted++;
    if (is !== undefined && is === said) is.truePositive++;
  }
  return counts;
}

function score({ truePositive, predicted, support }: Counts, beta: number, zeroDivision: number): ClassScore {
  const ratio = (top: number, bottom: number) => (bottom === 0 ? zeroDivision : top / bottom);
  const b2 = beta * beta;
  return {
    precision: ratio(truePositive, predicted),
    recall: ratio(truePositive, support),
    f1: ratio((1 + b2) * truePositive, b2 * support + predicted),
    support,
  };
}

export interface ScoreOptions {
  readonly labels?: readonly Label[];
  readonly beta?: number;
  /** What 0/0 counts as. */
  readonly zeroDivision?: number;
}

/** Precision, recall and F of each label. */
export function classScores(
  target: ArrayLike<Label>,
  predicted: ArrayLike<Label>,
  { labels = labelsOf(target, predicted), beta = 1, zeroDivision = 0 }: ScoreOptions = {},
): ClassScore[] {
  return countClasses(target, predicted, labels).map((counts) => score(counts, beta, zeroDivision));
}

/** micro: all samples together; macro: plain mean over labels; weighted: mean over labels by support. */
export type Average = "micro" | "macro" | "weighted";

export function averageScores(
  target: ArrayLike<Label>,
  predicted: ArrayLike<Label>,
  average: Average,
  { labels = labelsOf(target, predicted), beta = 1, zeroDivision = 0 }: ScoreOptions = {},
): ClassScore {
  const counts = countClasses(target, predicted, labels);
  const total = (key: keyof Counts) => counts.reduce((sum, count) => sum + count[key], 0);
  const support = total("support");
  if (average === "micro")
    return score({ truePositive: total("truePositive"), predicted: total("predicted"), support }, beta, zeroDivision);
  const scores = counts.map((count) => score(count, beta, zeroDivision));
  const weight = (s: ClassScore) => (average === "macro" ? 1 / scores.length : s.support / support);
  const mean = (key: "precision" | "recall" | "f1") =>
    average === "weighted" && support === 0 ? zeroDivision : scores.reduce((sum, s) => sum + s[key] * weight(s), 0);
  return { precision: mean("precision"), recall: mean("recall"), f1: mean("f1"), support };
}

function checkLengths(op: string, target: ArrayLike<Label>, predicted: ArrayLike<Label>): void {
  if (target.length !== predicted.length)
    throw new TetradError("SHAPE", { op, what: "target and prediction differ in length", got: `${target.length} and ${predicted.length}` });
  if (target.length === 0) throw new TetradError("ARGUMENT", { op, what: "there are no samples" });
}
