/** scikit-learn's `classification_report`, character for character, because its layout is what everyone reads without explanation. */
import { accuracy, averageScores, type ClassScore, classScores, type Label, labelsOf, type ScoreOptions } from "./classification.js";

export interface ReportOptions extends Omit<ScoreOptions, "beta"> {
  /** One per label, in the labels' order. */
  readonly names?: readonly string[];
  readonly digits?: number;
}

export function classificationReport(target: ArrayLike<Label>, predicted: ArrayLike<Label>, options: ReportOptions = {}): string {
  const present = labelsOf(target, predicted);
  const labels = options.labels ?? present;
  const digits = options.digits ?? 2;
  const names = options.names ?? labels.map(String);
  const scores = classScores(target, predicted, { ...options, labels });
  // Over a strict subset of labels accuracy is not defined, and micro averages stand in its place.
  const complete = present.every((label) => labels.includes(label)) && labels.length === present.length;
  const share = accuracy(target, predicted);
  // scikit-learn counts in floats when not one sample is right ("Pathological case" in its multilabel_confusion_matrix), and prints them so.
  const count = (samples: number) => (share === 0 ? samples.toFixed(1) : String(samples));
  const row = (name: string, { precision, recall, f1, support }: ClassScore): ScoreRow => ({
    name,
    values: [precision, recall, f1],
    support: count(support),
  });
  const average = (name: "micro" | "macro" | "weighted") =>
    row(`${name} avg`, averageScores(target, predicted, name, { ...options, labels }));
  const first = complete ? { name: "accuracy", values: [undefined, undefined, share], support: count(target.length) } : average("micro");
  return scoreTable([scores.map((s, i) => row(names[i] as string, s)), [first, average("macro"), average("weighted")]], digits);
}

export interface ScoreRow {
  readonly name: string;
  /** Precision, recall and F1; undefined where a row has none */
  readonly values: readonly (number | undefined)[];
  readonly support: string;
}

/** The layout of scikit-learn's reports, which seqeval has too: groups of rows, the last of them averages. */
export function scoreTable(groups: readonly (readonly ScoreRow[])[], digits: number): string {
  const width = Math.max(codePoints("weighted avg"), digits, ...groups.flat().map(({ name }) => codePoints(name)));
  const line = (name: string, cells: readonly string[]) =>
    `${" ".repeat(width - codePoints(name))}${name} ${cells.map((text) => ` ${text.padStart(9)}`).join("")}\n`;
  const rows = groups.map((group) =>
    group
      .map(({ name, values, support }) =>
        line(name, [...values.map((value) => (value === undefined ? "" : fixed(value, digits))), support]),
      )
      .join(""),
  );
  return `${line("", ["precision", "recall", "f1-score", "support"])}\n${rows.join("\n")}`;
}

function codePoints(text: string): number {
  return [...text].length;
}

/** Python's `f"{x:.nf}"`: an exact tie rounds to the even digit, where `toFixed` rounds up. A tie has a finite binary expansion: x·2^(n+1) is an odd whole number. */
function fixed(x: number, digits: number): string {
  const halves = x * 2 ** (digits + 1);
  if (!Number.isInteger(halves) || halves % 2 === 0) return x.toFixed(digits);
  const floor = Math.floor(x * 10 ** digits);
  return ((floor % 2 === 0 ? floor : floor + 1) / 10 ** digits).toFixed(digits);
}
