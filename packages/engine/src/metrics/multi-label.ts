/** How well any number of labels a sample are found; definitions are those of scikit-learn's `sklearn.metrics` for indicator matrices, with `zero_division=0`. */
import { TetradError } from "../errors.js";
import type { ClassScore } from "./classification.js";
import { type ScoreRow, scoreTable } from "./report.js";

export interface MultiLabelScores {
  /** In the order of `labels` */
  readonly perLabel: readonly ClassScore[];
  readonly micro: ClassScore;
  readonly macro: ClassScore;
  readonly weighted: ClassScore;
  /** Mean over samples of what each has of its own */
  readonly samples: ClassScore;
  /** Share of samples whose labels are found all and no others */
  readonly exactMatch: number;
  /** Share of wrong decisions */
  readonly hammingLoss: number;
}

interface Counts {
  readonly right: number;
  readonly predicted: number;
  readonly support: number;
}

function score({ right, predicted, support }: Counts): ClassScore {
  const ratio = (top: number, bottom: number) => (bottom === 0 ? 0 : top / bottom);
  return { precision: ratio(right, predicted), recall: ratio(right, support), f1: ratio(2 * right, support + predicted), support };
}

/**
 * @param target labels of each sample
 * @param labels all that there are; others count nothing
 * @throws TetradError SHAPE for lists of different lengths, ARGUMENT for no samples
 */
export function multiLabelScores(
  target: readonly (readonly string[])[],
  predicted: readonly (readonly string[])[],
  labels: readonly string[],
): MultiLabelScores {
  const n = target.length;
  if (predicted.length !== n)
    throw new TetradError("SHAPE", { op: "multiLabelScores", what: "the lists differ in length", got: `${n} and ${predicted.length}` });
  if (n === 0) throw new TetradError("ARGUMENT", { op: "multiLabelScores", what: "there are no samples" });
  const of = (lists: readonly (readonly string[])[]) => lists.map((list) => labels.map((label) => list.includes(label)));
  const [is, said] = [of(target), of(predicted)];
  const count = (rows: readonly number[], columns: readonly number[]): Counts => {
    let [right, predictions, support] = [0, 0, 0];
    for (const r of rows) {
      for (const c of columns) {
        const [a, b] = [is[r]?.[c] === true, said[r]?.[c] === true];
        right += Number(a && b);
        predictions += Number(b);
        support += Number(a);
      }
    }
    return { right, predicted: predictions, support };
  };
  const rows = target.map((_, r) => r);
  const columns = labels.map((_, c) => c);
  const all = count(rows, columns);
  const perLabel = columns.map((c) => score(count(rows, [c])));
  const bySample = rows.map((r) => count([r], columns));
  const average = (scores: readonly ClassScore[], weight: (score: ClassScore) => number): ClassScore => {
    const mean = (key: "precision" | "recall" | "f1") => scores.reduce((sum, one) => sum + one[key] * weight(one), 0);
    return { precision: mean("precision"), recall: mean("recall"), f1: mean("f1"), support: all.support };
  };
  return {
    perLabel,
    micro: score(all),
    macro: average(perLabel, () => 1 / labels.length),
    weighted: average(perLabel, ({ support }) => (all.support === 0 ? 0 : support / all.support)),
    samples: average(bySample.map(score), () => 1 / n),
    exactMatch: bySample.filter(({ right, predicted: said, support }) => right === said && right === support).length / n,
    hammingLoss: (all.support + all.predicted - 2 * all.right) / (n * labels.length),
  };
}

/** scikit-learn's `classification_report` of such scores, character for character. */
export function multiLabelReport(
  { perLabel, ...averages }: MultiLabelScores,
  labels: readonly string[],
  { digits = 2 }: { readonly digits?: number } = {},
): string {
  const row = (name: string, { precision, recall, f1, support }: ClassScore): ScoreRow => ({
    name,
    values: [precision, recall, f1],
    support: String(support),
  });
  const kinds = ["micro", "macro", "weighted", "samples"] as const;
  return scoreTable(
    [perLabel.map((one, i) => row(labels[i] as string, one)), kinds.map((kind) => row(`${kind} avg`, averages[kind]))],
    digits,
  );
}
