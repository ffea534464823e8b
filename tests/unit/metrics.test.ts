// Metrics against scikit-learn's own values and its report's own text.
import {
  accuracy,
  averageScores,
  balancedAccuracy,
  classificationReport,
  classScores,
  confusionMatrix,
  type Label,
  matthewsCorrelation,
  regressionMetrics,
  TetradError,
} from "@tetrad/engine";
import { describe, expect, test } from "vitest";
import classification from "../goldens/metrics/classification.json" with { type: "json" };
import regression from "../goldens/metrics/regression.json" with { type: "json" };

interface Averages {
  precision: number;
  recall: number;
  f1: number;
}

interface SingleLabel {
  input: { y_true: Label[]; y_pred: Label[]; labels?: Label[]; target_names?: string[] };
  expected: {
    report: {
      text: Record<string, string>;
      dict: Record<string, unknown>;
      dict_zero_division_1: Record<string, Record<string, number> | number>;
    };
    confusion_matrix: number[][];
    accuracy: number;
    balanced_accuracy: number;
    averages: {
      per_class: { precision: number[]; recall: number[]; f1: number[]; support: number[] };
      micro: Averages;
      macro: Averages;
      weighted: Averages;
      "fbeta_0.5": Record<"micro" | "macro" | "weighted", number>;
    };
    mcc: number;
  };
}

const close = (actual: number, expected: number) =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(expected)));
const closeAll = (actual: readonly number[], expected: readonly number[]) => {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of actual.entries()) close(value, expected[i] as number);
};

describe.each(Object.entries(classification.single_label as unknown as Record<string, SingleLabel>))(
  "classification %s",
  (_, { input, expected }) => {
    const { y_true: target, y_pred: predicted, labels, target_names: names } = input;
    const chosen = labels === undefined ? {} : { labels };

    test("report, character for character", () => {
      for (const [digits, text] of Object.entries(expected.report.text))
        expect(
          classificationReport(target, predicted, { ...chosen, ...(names === undefined ? {} : { names }), digits: Number(digits) }),
        ).toBe(text);
    });

    test("scores", () => {
      const { per_class: perClass, "fbeta_0.5": half } = expected.averages;
      const scores = classScores(target, predicted, chosen);
      closeAll(
        scores.map((s) => s.precision),
        perClass.precision,
      );
      closeAll(
        scores.map((s) => s.recall),
        perClass.recall,
      );
      closeAll(
        scores.map((s) => s.f1),
        perClass.f1,
      );
      expect(scores.map((s) => s.support)).toEqual(perClass.support);
      for (const average of ["micro", "macro", "weighted"] as const) {
        const actual = averageScores(target, predicted, average, chosen);
        closeAll(
          [actual.precision, actual.recall, actual.f1],
          [expected.averages[average].precision, expected.averages[average].recall, expected.averages[average].f1],
        );
        close(averageScores(target, predicted, average, { ...chosen, beta: 0.5 }).f1, half[average]);
      }
      expect(confusionMatrix(target, predicted, labels)).toEqual(expected.confusion_matrix);
      close(accuracy(target, predicted), expected.accuracy);
      close(balancedAccuracy(target, predicted), expected.balanced_accuracy);
      close(matthewsCorrelation(target, predicted), expected.mcc);
    });

    test("zero division counted as one", () => {
      const macro = averageScores(target, predicted, "macro", { ...chosen, zeroDivision: 1 });
      const dict = expected.report.dict_zero_division_1["macro avg"] as Record<string, number>;
      closeAll(
        [macro.precision, macro.recall, macro.f1],
        [dict["precision"] as number, dict["recall"] as number, dict["f1-score"] as number],
      );
    });
  },
);

interface Regression {
  input: { y_true: (number | number[])[]; y_pred: (number | number[])[] };
  expected: Record<string, number | string>;
}

describe.each(Object.entries(regression as unknown as Record<string, Regression>))("regression %s", (name, { input, expected }) => {
  const column = (values: (number | number[])[], j: number) =>
    values.map((value) => (typeof value === "number" ? value : (value[j] as number)));
  const outputs = Array.isArray(input.y_true[0]) ? input.y_true[0].length : 1;

  test("every metric, averaged over outputs", () => {
    const all = Array.from({ length: outputs }, (_, j) => regressionMetrics(column(input.y_true, j), column(input.y_pred, j)));
    const mean = (key: keyof (typeof all)[number]) => all.reduce((sum, metrics) => sum + metrics[key], 0) / outputs;
    const keys = {
      r2: "r2",
      mae: "mae",
      mse: "mse",
      rmse: "rmse",
      explained_variance: "explainedVariance",
      median_absolute_error: "medianAbsoluteError",
      max_error: "maxError",
      mape: "meanRelativeError",
    } as const;
    let checked = 0;
    for (const [key, own] of Object.entries(keys)) {
      const value = expected[key];
      if (typeof value === "object") continue; // scikit-learn raises: max_error of several outputs
      if (value === "NaN") expect(mean(own)).toBeNaN();
      else expect(Math.abs(mean(own) - (value as number))).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(value as number)));
      checked++;
    }
    expect(checked).toBe(name === "multi_output" ? 7 : 8);
  });
});

test("relative errors", () => {
  const { medianRelativeError, maxRelativeError } = regressionMetrics([1, 2, 4, -8], [1.5, 2, 3, -8.8]);
  close(medianRelativeError, 0.175);
  close(maxRelativeError, 0.5);
});

test("impossible input is refused", () => {
  expect(() => regressionMetrics([1], [1, 2])).toThrow(TetradError);
  expect(() => regressionMetrics([], [])).toThrow(/no values/);
  expect(() => accuracy(["a"], [])).toThrow(/differ in length/);
  expect(() => confusionMatrix([], [])).toThrow(/no samples/);
});
