/** Charts of learning: falling loss, predictions against truth, distribution of errors. */
import { largestOf, smallestOf } from "@tetrad/engine";
import { bin } from "d3-array";
import { chart } from "./chart.js";
import type { SeriesClass } from "./colours.js";
import type { Figure } from "./figure.js";
import { cloud, columns, curve, diagonal, type Point } from "./marks.js";

export interface LossSeries {
  readonly label: string;
  /** One value an epoch. */
  readonly values: readonly number[];
  readonly series: SeriesClass;
}

export function lossChart(all: readonly LossSeries[], title = "Loss"): Figure {
  const shown = all.filter(({ values }) => values.length > 0);
  const positive = shown.flatMap(({ values }) => values).filter((value) => value > 0);
  const epochs = Math.max(2, largestOf(shown.map(({ values }) => values.length)));
  return chart({
    title,
    caption:
      "Mean loss of each epoch. A validation curve that rises while the training curve falls would mean that the rows are being learnt by heart.",
    x: { label: "epoch", domain: [1, epochs] },
    y: { label: "loss", kind: "log", domain: positive.length === 0 ? [0.1, 1] : [smallestOf(positive), largestOf(positive)] },
    legend: shown.map(({ label, series }) => ({ label, series, symbol: "line" })),
    marks: shown.map(({ values, series }) =>
      curve(
        values.map((value, i): Point => [i + 1, value]),
        series,
      ),
    ),
  });
}

export interface PredictionSeries {
  readonly label: string;
  readonly predicted: readonly number[];
  readonly series: SeriesClass;
}

/** More dots than this hide one another and swell the file. */
const MOST_DOTS = 1500;

export function predictedAgainstTrue(target: string, actual: readonly number[], all: readonly PredictionSeries[]): Figure {
  const stride = Math.ceil(actual.length / MOST_DOTS);
  const shown = actual.map((_, i) => i).filter((i) => i % stride === 0);
  const values = [...actual, ...all.flatMap(({ predicted }) => predicted)];
  const domain: [number, number] = [smallestOf(values), largestOf(values)];
  return chart({
    title: "Predicted against true",
    caption: `Each dot is a row that the model has never seen${stride === 1 ? "" : ` (every ${stride}th is drawn)`}. On the dashed line the prediction is exact.`,
    x: { label: `true ${target}`, domain },
    y: { label: `predicted ${target}`, domain },
    height: 380,
    legend: all.map(({ label, series }) => ({ label, series, symbol: "dot" })),
    marks: [
      ...all.map(({ predicted, series }) =>
        cloud(
          shown.map((i): Point => [actual[i] as number, predicted[i] as number]),
          series,
        ),
      ),
      diagonal(),
    ],
  });
}

export function errorHistogram(target: string, actual: readonly number[], all: readonly PredictionSeries[]): Figure {
  const errors = all.map(({ predicted }) => predicted.map((value, i) => value - (actual[i] as number)));
  const domain: [number, number] = [smallestOf(errors.flat()), largestOf(errors.flat())];
  const bins = errors.map((list) =>
    bin<number, number>()
      .domain(domain)
      .thresholds(60)(list)
      .map((one) => ({ x0: one.x0 ?? 0, x1: one.x1 ?? 0, height: one.length })),
  );
  return chart({
    title: "Distribution of errors",
    caption: "How many rows have which error (predicted minus true). Narrow and centred on zero is good.",
    x: { label: `error of ${target}`, domain },
    y: { label: "rows", domain: [0, Math.max(1, largestOf(bins.flat().map(({ height }) => height)))] },
    legend: all.map(({ label, series }) => ({ label, series, symbol: "dot" })),
    marks: bins.map((list, i) => columns(list, (all[i] as PredictionSeries).series)),
  });
}

/** For models whose errors differ by orders of magnitude, which one axis of plain errors could not show together. */
export function errorSizes(actual: readonly number[], all: readonly PredictionSeries[]): Figure {
  // An error of nothing has no logarithm, and below 1e-7 float32 makes none.
  const sizes = all.map(({ predicted }) =>
    predicted.map((value, i) => Math.log10(Math.max(1e-7, Math.abs(value / (actual[i] as number) - 1)))),
  );
  const domain: [number, number] = [Math.floor(smallestOf(sizes.flat())), Math.ceil(largestOf(sizes.flat()))];
  const thresholds = Array.from({ length: 10 * (domain[1] - domain[0]) }, (_, i) => domain[0] + i / 10);
  const bins = sizes.map((list) => bin<number, number>().domain(domain).thresholds(thresholds)(list));
  return chart({
    title: "Sizes of the errors",
    caption:
      "How many of the rows kept aside are predicted with which relative error; each column spans a tenth of a factor of ten. Further left is better.",
    x: { label: "relative error", kind: "log", domain: [10 ** domain[0], 10 ** domain[1]] },
    y: { label: "rows", domain: [0, Math.max(1, largestOf(bins.flat().map(({ length }) => length)))] },
    legend: all.map(({ label, series }) => ({ label, series, symbol: "dot" })),
    marks: bins.map((list, i) =>
      columns(
        list.map((one) => ({ x0: 10 ** (one.x0 ?? 0), x1: 10 ** (one.x1 ?? 0), height: one.length })),
        (all[i] as PredictionSeries).series,
      ),
    ),
  });
}
