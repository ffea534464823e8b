/** Charts of a classifier's probabilities: whether they put the right class first, and whether they are true as probabilities. */
import { averagePrecision, type Calibration, precisionRecallCurve, rocAuc, rocCurve } from "@tetrad/engine";
import { type Axis, chart } from "./chart.js";
import { seriesAt } from "./colours.js";
import type { Figure } from "./figure.js";
import { columns, curve, diagonal, dots, type Point } from "./marks.js";

/** One question with two answers, and how probable the first was said to be. */
export interface Decisions {
  readonly name: string;
  readonly target: readonly boolean[];
  readonly scores: readonly number[];
}

const share = (label: string): Axis => ({ label, domain: [0, 1], exact: true, ticks: 5 });

export function rocChart(all: readonly Decisions[]): Figure {
  return chart({
    title: "ROC",
    caption:
      "How much of a class is found at the price of how many false alarms, over all thresholds. The dashed line is guessing; further up and left is better.",
    x: share("false positive rate"),
    y: share("true positive rate"),
    height: 380,
    legend: all.map(({ name, target, scores }, i) => ({
      label: `${name}: area ${rocAuc(target, scores).toFixed(4)}`,
      series: seriesAt(i),
      symbol: "line",
    })),
    marks: [
      diagonal(),
      ...all.map(({ target, scores }, i) => {
        const { falsePositiveRate, truePositiveRate } = rocCurve(target, scores);
        return curve(thinned(falsePositiveRate, truePositiveRate), seriesAt(i));
      }),
    ],
  });
}

export function precisionRecallChart(all: readonly Decisions[]): Figure {
  return chart({
    title: "Precision and recall",
    caption: "How many of those that are said to be of a class are, when so much of it is to be found. Further up and right is better.",
    x: share("recall"),
    y: share("precision"),
    height: 380,
    legend: all.map(({ name, target, scores }, i) => ({
      label: `${name}: average precision ${averagePrecision(target, scores).toFixed(4)}`,
      series: seriesAt(i),
      symbol: "line",
    })),
    marks: all.map(({ target, scores }, i) => {
      const { precision, recall } = precisionRecallCurve(target, scores);
      return curve(thinned(recall, precision), seriesAt(i));
    }),
  });
}

export function reliabilityChart({ bins, expectedError }: Calibration): Figure {
  const shown = bins.map((bin, i) => ({ ...bin, x0: i / bins.length, x1: (i + 1) / bins.length })).filter(({ count }) => count > 0);
  return chart({
    title: "Reliability",
    caption: `How often the predicted class is right, by how probable it was said to be. On the dashed line the model is as right as it says; below it, it is too sure, above it, not sure enough. Expected calibration error ${expectedError.toFixed(4)}.`,
    x: share("probability of the predicted class"),
    y: share("share that is right"),
    height: 380,
    marks: [
      columns(
        shown.map(({ x0, x1, accuracy }) => ({ x0, x1, height: accuracy })),
        "s1",
      ),
      diagonal(),
      dots({
        points: shown.map(({ confidence, accuracy }): Point => [confidence, accuracy]),
        series: "s2",
        labels: shown.map(({ count, accuracy }) => `${(100 * accuracy).toFixed(1)} % of ${count}`),
      }),
    ],
    legend: [
      { label: "share that is right", series: "s1", symbol: "dot" },
      { label: "mean probability", series: "s2", symbol: "dot" },
    ],
  });
}

export function confidenceChart(confidence: readonly number[], right: readonly boolean[], bins: number): Figure {
  const counts = (wanted: boolean) => {
    const heights = new Array<number>(bins).fill(0);
    confidence.forEach((value, i) => {
      const bin = Math.min(bins - 1, Math.floor(value * bins));
      if (right[i] === wanted) heights[bin] = (heights[bin] as number) + 1;
    });
    return heights;
  };
  // Side by side within their bin
  const halves = (heights: readonly number[], shift: 0 | 0.5) =>
    heights.map((height, i) => ({ x0: (i + shift) / bins, x1: (i + shift + 0.5) / bins, height }));
  const [rights, wrongs] = [counts(true), counts(false)];
  return chart({
    title: "How sure the model is",
    caption: "How many texts have which probability of their predicted class, where that is right and where it is wrong.",
    x: share("probability of the predicted class"),
    y: { label: "texts", domain: [0, Math.max(...rights, ...wrongs)] },
    height: 380,
    legend: [
      { label: "right", series: "s1", symbol: "dot" },
      { label: "wrong", series: "s2", symbol: "dot" },
    ],
    marks: [columns(halves(rights, 0), "s1"), columns(halves(wrongs, 0.5), "s2")],
  });
}

/** Points that lie at least half a pixel apart: a curve over all decisions of many classes has a hundred thousand. */
function thinned(x: readonly number[], y: readonly number[]): Point[] {
  const points: Point[] = [];
  x.forEach((px, i) => {
    const py = y[i] as number;
    const last = points.at(-1);
    if (last === undefined || i === x.length - 1 || Math.hypot(px - last[0], py - last[1]) > 0.0015) points.push([px, py]);
  });
  return points;
}
