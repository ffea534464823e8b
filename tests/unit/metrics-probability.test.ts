// Curves, areas and measures of probabilities against scikit-learn's own values.
import {
  averagePrecision,
  brierScore,
  brierScoreMulticlass,
  calibration,
  cohenKappa,
  type Label,
  logLoss,
  precisionRecallCurve,
  rocAuc,
  rocAucMulticlass,
  rocAucPerClass,
  rocCurve,
  topKAccuracy,
} from "@tetrad/engine";
import { describe, expect, test } from "vitest";
import classification from "../goldens/metrics/classification.json" with { type: "json" };

type Value = number | "NaN" | "Infinity";
interface Case {
  readonly input: {
    readonly y_true: readonly Label[];
    readonly y_pred: readonly Label[];
    readonly labels?: readonly Label[];
    readonly probabilities?: readonly (readonly number[])[];
  };
  readonly expected: Readonly<Record<string, unknown>>;
}

const number = (value: unknown) => Number(value as Value);
/** Sums in another order than NumPy's */
const close = (actual: number, expected: unknown, what: string) => {
  const want = number(expected);
  if (!Number.isFinite(want)) expect(actual, what).toBe(want);
  else expect(Math.abs(actual - want), what).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(want)));
};
const closeAll = (actual: readonly number[], expected: unknown, what: string) => {
  const want = expected as readonly Value[];
  expect(actual.length, what).toBe(want.length);
  actual.forEach((value, i) => close(value, want[i], `${what} ${i}`));
};

const cases = Object.entries(classification.single_label as unknown as Readonly<Record<string, Case>>);

describe.each(cases)("%s", (_, { input, expected }) => {
  const { y_true: target, y_pred: predicted } = input;

  test("kappa", () => {
    const wanted = expected["cohen_kappa"] as Readonly<Record<string, unknown>>;
    // The library takes all labels that occur.
    for (const [name, weights] of [
      ["None", "none"],
      ["linear", "linear"],
      ["quadratic", "quadratic"],
    ] as const) {
      if (typeof wanted[name] !== "object") close(cohenKappa(target, predicted, { weights }), wanted[name], name);
    }
  });
});

const scored = cases.filter(([, { input }]) => input.probabilities !== undefined);

describe.each(scored)("%s, by probabilities", (_, { input, expected }) => {
  const target = input.y_true as readonly number[];
  const rows = input.probabilities as readonly (readonly number[])[];
  const flat = rows.flat();
  const positive = rows.map((row) => row[1] as number);
  const optional = (name: string, value: () => number) => {
    if (name in expected) close(value(), expected[name], name);
  };

  test("areas and losses", () => {
    optional("log_loss", () => logLoss(target, flat));
    optional("roc_auc", () => rocAuc(target, positive));
    optional("average_precision", () => averagePrecision(target, positive));
    optional("brier", () => brierScore(target, positive));
    optional("brier_multiclass_sum", () => brierScoreMulticlass(target, flat));
    for (const compare of ["ovr", "ovo"] as const) {
      for (const average of ["macro", "weighted", ...(compare === "ovr" ? ["micro" as const] : [])] as const) {
        const name = `roc_auc_${compare}_${average}`;
        // Pairs with a class that never is are not defined; the library leaves such a class out.
        const all = new Set(target).size === rows[0]?.length;
        if (compare === "ovr" || all) optional(name, () => rocAucMulticlass(target, flat, { compare, average }));
      }
    }
    if ("roc_auc_ovr_per_class" in expected) closeAll(rocAucPerClass(target, flat), expected["roc_auc_ovr_per_class"], "per class");
    for (const [k, share] of Object.entries((expected["top_k_accuracy"] ?? {}) as Readonly<Record<string, number>>)) {
      close(topKAccuracy(target, flat, Number(k)), share, `top ${k}`);
    }
  });

  test("calibration", () => {
    const {
      ece,
      mce,
      rows: bins,
    } = expected["calibration"] as { ece: number; mce: number; rows: { count: number; accuracy: number; confidence: number }[] };
    const got = calibration(target, flat);
    close(got.expectedError, ece, "expected error");
    close(got.maximumError, mce, "maximum error");
    got.bins.forEach((bin, i) => {
      expect(bin.count).toBe(bins[i]?.count);
      close(bin.accuracy, bins[i]?.accuracy, `accuracy ${i}`);
      close(bin.confidence, bins[i]?.confidence, `confidence ${i}`);
    });
  });

  test("curves", () => {
    const curves = expected["curves"] as Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
    for (const [name, dropCollinear] of [
      ["roc", true],
      ["roc_all_points", false],
    ] as const) {
      if (curves === undefined) continue;
      const { falsePositiveRate, truePositiveRate, thresholds } = rocCurve(target, positive, { dropCollinear });
      closeAll(falsePositiveRate, curves[name]?.["fpr"], `${name} fpr`);
      closeAll(truePositiveRate, curves[name]?.["tpr"], `${name} tpr`);
      closeAll(thresholds, curves[name]?.["thresholds"], `${name} thresholds`);
    }
    const { precision, recall, thresholds } = precisionRecallCurve(target, positive);
    expect([precision.at(-1), recall.at(-1), precision.length - thresholds.length]).toEqual([1, 0, 1]);
    if (curves === undefined) return;
    closeAll(precision, curves["precision_recall"]?.["precision"], "precision");
    closeAll(recall, curves["precision_recall"]?.["recall"], "recall");
    closeAll(thresholds, curves["precision_recall"]?.["thresholds"], "thresholds");
  });
});

test("what does not fit is said", () => {
  expect(() => rocAuc([1, 0], [0.5])).toThrow(/as many/);
  expect(() => logLoss([1, 0], [0.5, 0.5, 1])).toThrow(/3 probabilities for 2 targets/);
});
