/** A chart of parameter recovery: how often intervals of fits to synthetic data held what was put in. */
import type { Recovery } from "@tetrad/theory";
import { chart } from "./chart.js";
import type { Figure } from "./figure.js";
import type { Labels } from "./labels.js";
import { type Bar, bars, vertical } from "./marks.js";

/** P(|z| < 1) and P(|z| < 2), in per cent. */
const RIGHT = [68.27, 95.45] as const;
/** Of a standard normal number: ends of 95 %. */
const Z = 1.96;

/** None where no fit could be used. */
export function recoveryCharts({ fits, parameters }: Recovery, labels: Labels): Figure[] {
  if (fits === 0) return [];
  const rows = parameters
    .flatMap(({ name, within1, within2 }) => [
      { label: `${labels.plain(name)}, 1σ`, bar: share(within1, fits, "s1") },
      { label: `${labels.plain(name)}, 2σ`, bar: share(within2, fits, "s3") },
    ])
    .reverse();
  const biases = parameters.map(({ name, bias }) => ({ label: labels.plain(name), bias })).reverse();
  const furthest = Math.max(3, ...biases.map(({ bias }) => Math.abs(bias)));
  return [
    chart({
      title: "Coverage of the intervals",
      caption: `Of ${fits} fits of synthetic data, the share whose interval holds the truth. Dashed is what is right; whiskers are 95 % intervals of the share itself.`,
      x: { label: "fits whose interval holds the truth (%)", domain: [0, 100], exact: true, ticks: 5 },
      y: { label: "", domain: [0, rows.length], exact: true, names: rows.map(({ label }) => label) },
      left: roomFor(rows),
      height: 80 + 24 * rows.length,
      legend: [
        { label: "one-sigma intervals", series: "s1", symbol: "dot" },
        { label: "two-sigma intervals", series: "s3", symbol: "dot" },
      ],
      marks: [...RIGHT.map(vertical), bars(rows.map(({ bar }) => bar))],
    }),
    chart({
      title: "Bias",
      caption: "Mean of the estimates minus the truth, in standard errors of that mean: beyond ±3 the fit is off.",
      x: { label: "bias (standard errors)", domain: [-furthest, furthest], ticks: 5 },
      y: { label: "", domain: [0, biases.length], exact: true, names: biases.map(({ label }) => label) },
      left: roomFor(biases),
      height: 80 + 30 * biases.length,
      marks: [vertical(0), bars(biases.map(({ bias }) => ({ from: 0, to: bias, series: "s2" })))],
    }),
  ];
}

/** With E. B. Wilson's interval (1927), which stays between 0 and 1. */
function share(within: number, fits: number, series: Bar["series"]): Bar {
  const p = within / fits;
  const scale = 1 + (Z * Z) / fits;
  const middle = (p + (Z * Z) / (2 * fits)) / scale;
  const half = (Z * Math.sqrt((p * (1 - p)) / fits + (Z * Z) / (4 * fits * fits))) / scale;
  return { from: 0, to: 100 * p, low: 100 * (middle - half), high: 100 * (middle + half), series };
}

function roomFor(rows: readonly { readonly label: string }[]): number {
  return Math.min(240, 34 + 7 * Math.max(...rows.map(({ label }) => label.length)));
}
