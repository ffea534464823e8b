/** Sections of a report about fits: data with every theory's curve, residuals, parameter regions. */
import {
  type Comparison,
  type DataSet,
  evaluate,
  type FitResult,
  type Points,
  parameterValues,
  type SetFit,
  type Theory,
} from "@tetrad/theory";
import { probability } from "../fit-text.js";
import { measured } from "../numbers.js";
import { chart, type LegendEntry, type SeriesClass } from "./chart.js";
import { corner } from "./corner.js";
import { curve, dots, errorBars, horizontal, type Point } from "./marks.js";
import type { Section } from "./page.js";

export interface FittedTheory {
  readonly theory: Theory;
  readonly fit: FitResult;
}

const SERIES: readonly SeriesClass[] = ["s2", "s1", "s3", "s4", "s5"];
/** Points along a curve: one every two pixels. */
const CURVE_POINTS = 200;

export function fitSections(fitted: readonly FittedTheory[], comparison: Comparison | undefined): Section[] {
  const [first] = fitted as [FittedTheory, ...FittedTheory[]];
  return [
    {
      title: "Fits",
      paragraphs: [
        ...(comparison?.summary ?? []),
        ...fitted.flatMap(({ fit }) => fit.messages.map((message) => `${fit.title}: ${message}`)),
      ],
      tables: [parameterTable(fitted), qualityTable(fitted)],
      figures: [
        ...first.fit.sets.flatMap((_, set) => setFigures(fitted, set)),
        ...fitted.flatMap(({ fit }, i) => cornerOf(fit, seriesOf(i))),
      ],
    },
  ];
}

/** Data of one set with every theory's curve, and the residuals. */
function setFigures(fitted: readonly FittedTheory[], set: number): string[] {
  const [first] = fitted as [FittedTheory, ...FittedTheory[]];
  const { data } = first.theory.sets[set] as DataSet;
  const { x, y, sigma } = pointsOf(first, set);
  const name = data.x[0] as string;
  const abscissa = x[name] as readonly number[];
  const points = abscissa.map((value, i): Point => [value, y[i] as number]);
  const legend = fitted.map(({ fit }, i): LegendEntry => ({ label: fit.title, series: seriesOf(i), symbol: "line" }));
  const labels = points.map(([px, py], i) => `${name} = ${px}, ${data.y} = ${py} ± ${sigma[i]}`);
  const low = Math.min(...y.map((value, i) => value - (sigma[i] as number)));
  const high = Math.max(...y.map((value, i) => value + (sigma[i] as number)));
  const domain = range(abscissa);
  const several = first.theory.sets.length > 1 ? `${first.theory.sets[set]?.name}: ` : "";
  const main = chart({
    title: `${several}${data.y} against ${name}`,
    caption: `The ${points.length} measurements with their errors of one standard deviation, and each theory at its best fit.`,
    x: { label: name, domain },
    y: { label: data.y, domain: [low, high] },
    legend: [{ label: "measured", series: "s5", symbol: "dot" }, ...legend],
    marks: [
      errorBars(points, sigma, "s5"),
      dots({ points, series: "s5", labels }),
      ...fitted.map((one, i) => curve(modelCurve(one, set, name, domain), seriesOf(i))),
    ],
  });
  const furthest = Math.max(3, ...fitted.flatMap((one) => pointsOf(one, set).pulls.map(Math.abs)));
  const residuals = chart({
    title: several === "" ? "Residuals" : `${several}residuals`,
    caption:
      "How far each measurement lies from each theory, in standard deviations. About two thirds should lie within ±1, almost all within ±2, without a trend.",
    x: { label: name, domain },
    y: { label: "(measured − theory) / σ", domain: [-furthest, furthest] },
    legend: legend.map((entry) => ({ ...entry, symbol: "dot" as const })),
    marks: [
      horizontal(0),
      ...fitted.map((one, i) =>
        dots({ points: abscissa.map((value, j): Point => [value, pointsOf(one, set).pulls[j] as number]), series: seriesOf(i) }),
      ),
    ],
  });
  return [main, residuals];
}

function pointsOf({ fit }: FittedTheory, set: number): Points {
  return (fit.sets[set] as SetFit).points;
}

function seriesOf(index: number): SeriesClass {
  return SERIES[index % SERIES.length] as SeriesClass;
}

function range(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

/** The model along its horizontal axis. A theory of several columns has no curve over one of them, so its points are joined. */
function modelCurve(one: FittedTheory, set: number, name: string, [low, high]: readonly [number, number]): Point[] {
  const { theory, fit } = one;
  const { data, model } = theory.sets[set] as DataSet;
  if (data.x.length > 1) {
    const { x, model: values } = pointsOf(one, set);
    return (x[name] as readonly number[]).map((value, i): Point => [value, values[i] as number]).sort((a, b) => a[0] - b[0]);
  }
  const grid = Float64Array.from({ length: CURVE_POINTS }, (_, i) => low + ((high - low) * i) / (CURVE_POINTS - 1));
  const free = fit.parameters.filter(({ fixed }) => !fixed).map(({ value }) => value);
  const values = evaluate(model, { ...parameterValues(theory, free), [name]: grid });
  const { scale, offset } = fit.sets[set] as SetFit;
  return Array.from(
    grid,
    (value, i): Point => [value, (values[values.length === 1 ? 0 : i] as number) * (scale?.value ?? 1) + (offset?.value ?? 0)],
  );
}

function cornerOf(fit: FitResult, series: SeriesClass): string[] {
  const { covariance, covarianceOf } = fit;
  if (covariance === null || covarianceOf.length < 2) return [];
  const parameters = covarianceOf.map((name) => ({
    name,
    value: fit.parameters.find((parameter) => parameter.name === name)?.value ?? Number.NaN,
  }));
  return [
    corner({
      title: `${fit.title}: what the data allow`,
      caption:
        "Diagonal: how probable each value is. Below: pairs of values inside the inner line hold 68 %, inside the outer one 95 % of the probability, as the curvature of the likelihood at the best fit says. A tilted ellipse means that two parameters can trade against each other. The lines may reach beyond bounds that the theory sets.",
      parameters,
      covariance: Float64Array.from(covariance.flat()),
      series,
    }),
  ];
}

function parameterTable(fitted: readonly FittedTheory[]): { caption: string; header: string[]; rows: string[][] } {
  const rows = fitted.flatMap(({ fit }) =>
    [...fit.parameters, ...fit.derived].map(({ name, value, uncertainty, unit }, i) => [
      i === 0 ? fit.title : "",
      name,
      measured(value, uncertainty),
      unit ?? "",
    ]),
  );
  return {
    caption: "Parameters with one standard deviation, from the full second derivative of the likelihood",
    header: ["theory", "parameter", "value", "unit"],
    rows,
  };
}

function qualityTable(fitted: readonly FittedTheory[]): { caption: string; header: string[]; rows: string[][] } {
  const rows = fitted.map(({ fit }) => [
    fit.title,
    fit.chi2.toFixed(2),
    String(fit.dof),
    probability(fit.pValue),
    fit.aic.toFixed(2),
    fit.bic.toFixed(2),
  ]);
  return {
    caption: "Quality of the fits: smaller AIC and BIC are better",
    header: ["theory", "χ²", "degrees of freedom", "p-value", "AIC", "BIC"],
    rows,
  };
}
