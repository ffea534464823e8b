/** Figures with their intervals, and F1 by name: what every report of an evaluation begins with. */
import type { Interval } from "@tetrad/engine";
import { chart } from "./chart.js";
import type { Figure } from "./figure.js";
import { bars } from "./marks.js";
import type { ReportTable } from "./page.js";

/** By names for people, the most important first; those of which only the value is known without an interval */
export type Figures = Readonly<Record<string, Interval | number>>;

export function figuresTable(figures: Figures): ReportTable {
  return {
    caption: "95 % intervals by the percentile bootstrap over examples: 1,000 resamples",
    header: ["", "value", "from", "to"],
    rows: Object.entries(figures).map(([name, figure]) =>
      typeof figure === "number"
        ? [name, figure.toFixed(4), "", ""]
        : [name, ...[figure.value, figure.low, figure.high].map((number) => number.toFixed(4))],
    ),
  };
}

/** @param scores of few names, the first at the top */
export function f1Chart(scores: readonly (readonly [string, number])[]): Figure {
  const shown = [...scores].reverse();
  const longest = Math.max(...shown.map(([name]) => name.length));
  return chart({
    title: "F1",
    caption: "The lowest first. Further right is better.",
    x: { label: "F1", domain: [0, 1], exact: true, ticks: 5 },
    y: { label: "", domain: [0, shown.length], exact: true, names: shown.map(([name]) => name) },
    left: Math.min(240, 30 + longest * 6.5),
    height: 80 + 20 * shown.length,
    marks: [bars(shown.map(([, f1]) => ({ from: 0, to: f1, series: "s1" })))],
  });
}
