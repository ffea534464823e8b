// Scores of several labels a sample against scikit-learn's, and correlations against values by hand and by definition.
import { multiLabelReport, multiLabelScores, pearson, spearman } from "@tetrad/engine";
import { expect, test } from "vitest";
import classification from "../goldens/metrics/classification.json" with { type: "json" };

const { input, expected } = classification.multilabel.five_labels;
const LABELS = ["0", "1", "2", "3", "4"];
const sets = (rows: readonly (readonly number[])[]) => rows.map((row) => LABELS.filter((_, c) => row[c] === 1));

test("scores and report are scikit-learn's", () => {
  const scores = multiLabelScores(sets(input.y_true), sets(input.y_pred), LABELS);
  for (const kind of ["micro", "macro", "weighted", "samples"] as const) {
    for (const key of ["precision", "recall", "f1"] as const) expect(scores[kind][key], kind).toBeCloseTo(expected.averages[kind][key], 14);
  }
  expect(scores.perLabel.map(({ f1 }) => f1)).toEqual(expected.averages.per_class.f1.map((f1) => expect.closeTo(f1, 14)));
  expect(scores.exactMatch).toBeCloseTo(expected.accuracy, 14);
  expect(scores.hammingLoss).toBeCloseTo(expected.hamming_loss, 14);
  for (const [digits, text] of Object.entries(expected.report.text))
    expect(multiLabelReport(scores, LABELS, { digits: Number(digits) })).toBe(text);
});

test("nothing right, nothing said, nothing to compare", () => {
  const none = multiLabelScores([["a"], []], [[], []], ["a", "b"]);
  expect(none).toMatchObject({ micro: { f1: 0 }, samples: { f1: 0 }, exactMatch: 0.5, hammingLoss: 0.25 });
  expect(() => multiLabelScores([["a"]], [], ["a"])).toThrow(/differ in length/);
  expect(() => multiLabelScores([], [], ["a"])).toThrow(/no samples/);
});

test("correlations", () => {
  // scipy.stats.pearsonr and spearmanr of the same lists
  const [a, b] = [
    [1, 2, 2, 3.5, -1],
    [0.5, 2.5, 2, 9, 0.5],
  ];
  expect(pearson(a, b)).toBeCloseTo(0.8019120419300987, 14);
  expect(spearman(a, b)).toBeCloseTo(0.9473684210526317, 14);
  expect(pearson(a, [3, 3, 3, 3, 3])).toBeNaN();
  expect(() => pearson([1], [1])).toThrow(/two pairs/);
  expect(() => spearman([1, 2], [1])).toThrow(/differ in length/);
});
