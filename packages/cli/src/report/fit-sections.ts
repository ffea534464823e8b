/** Sections of a report about fits: data with every theory's curve and its band, residuals, parameter regions, spectra. */
import { largestOf, smallestOf } from "@tetrad/engine";
import { type Comparison, type DataSet, type FitResult, type Points, predict, type SetFit, type Theory } from "@tetrad/theory";
import { probability } from "../fit-text.js";
import { measured } from "../numbers.js";
import { chart } from "./chart.js";
import type { SeriesClass } from "./colours.js";
import type { Figure, LegendEntry } from "./figure.js";
import { fitCorner } from "./fit-corner.js";
import { type FittedTheory, MEASURED, theorySeries } from "./fitted-theory.js";
import { columnLabel, labelsOf } from "./labels.js";
import { band, curve, dots, errorBars, horizontal, type Point } from "./marks.js";
import type { Section } from "./page.js";
import { powerSections } from "./power-sections.js";

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
        ...fitted.flatMap(({ theory, fit }, i) => cornerOf(theory, fit, theorySeries(i))),
      ],
    },
    ...powerSections(fitted),
  ];
}

/** Data of one set with every theory's curve, and the residuals. */
function setFigures(fitted: readonly FittedTheory[], set: number): Figure[] {
  const [first] = fitted as [FittedTheory, ...FittedTheory[]];
  const { data } = first.theory.sets[set] as DataSet;
  const { x, y, sigma } = pointsOf(first, set);
  const name = data.x[0] as string;
  const abscissa = x[name] as readonly number[];
  const points = abscissa.map((value, i): Point => [value, y[i] as number]);
  const legend = fitted.map(({ fit }, i): LegendEntry => ({ label: fit.title, series: theorySeries(i), symbol: "line" }));
  const labels = points.map(([px, py], i) => `${name} = ${px}, ${data.y} = ${py} ± ${sigma[i]}`);
  const low = smallestOf(y.map((value, i) => value - (sigma[i] as number)));
  const high = largestOf(y.map((value, i) => value + (sigma[i] as number)));
  const domain = widened(abscissa);
  const several = first.theory.sets.length > 1 ? `${first.theory.sets[set]?.name}: ` : "";
  const curves = fitted.map((one) => modelCurve(one, set, name, domain));
  const main = chart({
    title: `${several}${data.y} against ${name}`,
    caption: `The ${points.length} measurements with their errors of one standard deviation, and each theory at its best fit${
      curves.some(({ spread }) => spread !== null) ? " with a band of one standard deviation, which the parameters' uncertainty leaves" : ""
    }.`,
    x: { label: columnLabel(data, name), domain, exact: true },
    y: { label: columnLabel(data, data.y), domain: [low, high] },
    legend: [{ label: "measured", series: MEASURED, symbol: "dot" }, ...legend],
    marks: [
      ...curves.flatMap(({ line, spread }, i) => (spread === null ? [] : [band(line, spread, theorySeries(i))])),
      errorBars(points, sigma, MEASURED),
      dots({ points, series: MEASURED, labels }),
      ...curves.map(({ line }, i) => curve(line, theorySeries(i))),
    ],
  });
  const furthest = Math.max(3, largestOf(fitted.flatMap((one) => pointsOf(one, set).pulls.map(Math.abs))));
  const residuals = chart({
    title: several === "" ? "Residuals" : `${several}residuals`,
    caption: `How far each measurement lies from each theory, in standard deviations${
      data.covariance === undefined ? "" : ", after their correlations have been taken out"
    }. About two thirds should lie within ±1, almost all within ±2, without a trend.`,
    x: { label: columnLabel(data, name), domain, exact: true },
    y: { label: "(measured − theory) / σ", domain: [-furthest, furthest] },
    legend: legend.map((entry) => ({ ...entry, symbol: "dot" as const })),
    marks: [
      horizontal(0),
      ...fitted.map((one, i) =>
        dots({ points: abscissa.map((value, j): Point => [value, pointsOf(one, set).pulls[j] as number]), series: theorySeries(i) }),
      ),
    ],
  });
  return [main, residuals];
}

function pointsOf({ fit }: FittedTheory, set: number): Points {
  return (fit.sets[set] as SetFit).points;
}

/** So that no point lies on the frame. */
function widened(values: readonly number[]): [number, number] {
  const [low, high] = [smallestOf(values), largestOf(values)];
  const margin = 0.02 * (high - low);
  // What is positive, such as a redshift, may have a model that is not defined below.
  return [low >= 0 ? Math.max(0, low - margin) : low - margin, high + margin];
}

interface ModelCurve {
  readonly line: readonly Point[];
  /** One standard deviation at each point; null where the fit has none. */
  readonly spread: Float64Array | null;
}

/** The model along its horizontal axis. A theory of several columns has no curve over one of them, so its points are joined. */
function modelCurve({ theory, fit }: FittedTheory, set: number, name: string, [low, high]: readonly [number, number]): ModelCurve {
  const { data, name: setName } = theory.sets[set] as DataSet;
  const { x, model } = pointsOf({ theory, fit }, set);
  if (data.x.length === 1) {
    const grid = Float64Array.from({ length: CURVE_POINTS }, (_, i) => low + ((high - low) * i) / (CURVE_POINTS - 1));
    const { value, uncertainty } = predict(theory, fit, { [name]: grid }, setName);
    return { line: Array.from(grid, (at, i): Point => [at, value[i] as number]), spread: uncertainty };
  }
  const order = model.map((_, i) => i).sort((a, b) => (x[name]?.[a] as number) - (x[name]?.[b] as number));
  const { uncertainty } = predict(theory, fit, x, setName);
  return {
    line: order.map((i): Point => [x[name]?.[i] as number, model[i] as number]),
    spread: uncertainty === null ? null : Float64Array.from(order, (i) => uncertainty[i] as number),
  };
}

function cornerOf(theory: Theory, fit: FitResult, series: SeriesClass): Figure[] {
  const { covariance, covarianceOf } = fit;
  if (covariance === null || covarianceOf.length < 2) return [];
  return [
    fitCorner({
      title: `${fit.title}: what the data allow`,
      caption:
        "Diagonal: how probable each value is. Below: pairs of values inside the inner line hold 68 %, inside the outer one 95 % of the probability, as the curvature of the likelihood at the best fit says. A tilted ellipse means that two parameters can trade against each other. The lines may reach beyond bounds that the theory sets.",
      labels: covarianceOf.map(labelsOf(theory).axis),
      values: covarianceOf.map((name) => fit.parameters.find((parameter) => parameter.name === name)?.value ?? Number.NaN),
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
