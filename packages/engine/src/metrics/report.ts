/** scikit-learn's `classification_report`, character for character, because its layout is what everyone reads without explanation. */
import { accuracy, averageScores, classScores, type Label, labelsOf, type ScoreOptions } from "./classification.js";

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
  const micro = complete ? "accuracy" : "micro avg";
  const width = Math.max(...names.map(codePoints), codePoints("weighted avg"), digits);
  const cell = (text: string) => ` ${text.padStart(9)}`;
  const line = (name: string, cells: readonly string[]) =>
    `${" ".repeat(Math.max(0, width - codePoints(name)))}${name} ${cells.map(cell).join("")}\n`;
  const share = accuracy(target, predicted);
  // scikit-learn counts in floats when not one sample is right ("Pathological case" in its multilabel_confusion_matrix), and prints them so.
  const count = (samples: number) => (share === 0 ? samples.toFixed(1) : String(samples));
  const row = (name: string, s: { precision: number; recall: number; f1: number; support: number }) =>
    line(name, [...[s.precision, s.recall, s.f1].map((value) => fixed(value, digits)), count(s.support)]);
  const average = (name: "micro" | "macro" | "weighted") => averageScores(target, predicted, name, { ...options, labels });
  const summary = complete ? line(micro, ["", "", fixed(share, digits), count(target.length)]) : row(micro, average("micro"));
  return [
    line("", ["precision", "recall", "f1-score", "support"]).replace(/\n$/, "\n\n"),
    ...scores.map((s, i) => row(names[i] as string, s)),
    "\n",
    summary,
    row("macro avg", average("macro")),
    row("weighted avg", average("weighted")),
  ].join("");
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
