/** Sections of a report about sensitivity: bars of first-order and total indices for each quantity. */
import type { Sensitivity } from "@tetrad/theory";
import { chart } from "./chart.js";
import type { Figure } from "./figure.js";
import type { Labels } from "./labels.js";
import { bars } from "./marks.js";
import type { Section } from "./page.js";

export function sensitivitySections(
  parameters: readonly string[],
  quantities: readonly (Sensitivity & { readonly name: string })[],
  labels: Labels,
): Section[] {
  return quantities.map((quantity) => ({
    title: `What ${quantity.name} depends on`,
    paragraphs: [
      "The first-order index is the share of the variance that would vanish if that parameter alone were known; the total index is what would remain if all others were. A total well above the first order means interactions.",
    ],
    tables: [
      {
        caption: "Indices with 95 % intervals by bootstrap",
        header: ["", "first order", "from", "to", "total", "from", "to"],
        rows: parameters.map((name, i) => [
          name,
          ...[quantity.first[i], quantity.total[i]].flatMap((index) =>
            [index?.value, index?.low, index?.high].map((value) => (value ?? Number.NaN).toFixed(3)),
          ),
        ]),
      },
    ],
    figures: [indexChart(parameters, quantity, labels)],
  }));
}

function indexChart(
  parameters: readonly string[],
  { name, first, total }: Sensitivity & { readonly name: string },
  labels: Labels,
): Figure {
  const rows = parameters
    .flatMap((parameter, i) => [
      { label: labels.plain(parameter), index: first[i], series: "s1" as const },
      { label: "", index: total[i], series: "s2" as const },
    ])
    .reverse();
  const longest = Math.max(...parameters.map(({ length }) => length));
  return chart({
    title: `Sensitivity of ${name}`,
    caption: "Above for each parameter its first-order index, below it the total.",
    x: { label: "share of the variance", domain: [0, Math.max(1, ...total.map(({ high }) => high))], exact: true, ticks: 5 },
    y: { label: "", domain: [0, rows.length], exact: true, names: rows.map(({ label }) => label) },
    left: Math.min(240, 40 + longest * 6.5),
    height: 80 + 20 * rows.length,
    legend: [
      { label: "first order", series: "s1", symbol: "dot" },
      { label: "total", series: "s2", symbol: "dot" },
    ],
    marks: [
      bars(rows.map(({ index, series }) => ({ from: 0, to: index?.value ?? 0, low: index?.low ?? 0, high: index?.high ?? 0, series }))),
    ],
  });
}
