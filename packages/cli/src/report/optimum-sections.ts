/** Sections of a report about an optimum by Bayesian optimisation: where it is, and how the search came there. */
import { largestOf, smallestOf } from "@tetrad/engine";
import type { BayesianResult } from "@tetrad/theory";
import { short } from "../numbers.js";
import { chart } from "./chart.js";
import type { Labels } from "./labels.js";
import { curve, dots, type Point } from "./marks.js";
import type { Section } from "./page.js";

export function optimumSections(
  names: readonly string[],
  theta: Float64Array,
  value: number,
  { values, theta: points }: BayesianResult["asked"],
  labels: Labels,
): Section[] {
  const k = names.length;
  const finite = Array.from(values).filter(Number.isFinite);
  // Rises over the best span many decades.
  const rises = Array.from(values, (one, i): Point => [i + 1, Math.max(one - value, 1e-6)]);
  let low = Infinity;
  const best = rises.map(([i, rise]): Point => {
    if (rise < low) low = rise;
    return [i, low];
  });
  const most = Math.max(1e-5, largestOf(finite.map((one) => one - value)));
  return [
    {
      title: "Optimum",
      paragraphs: ["Each evaluation after the first, spread ones was made where a Gaussian process expected the largest improvement."],
      tables: [
        {
          caption: "The best point",
          header: ["", "value"],
          rows: [...names.map((name, i) => [name, short(theta[i] as number)]), ["−ln p", short(value)]],
        },
      ],
      figures: [
        chart({
          title: "How far above the best",
          caption: "−ln p of each evaluation over the lowest one, and the best until then; the floor of the chart is 10⁻⁶.",
          x: { label: "evaluation", domain: [1, values.length], exact: true },
          y: { label: "rise of −ln p", kind: "log", domain: [1e-6, most] },
          marks: [
            dots({ points: rises.filter(([, rise]) => Number.isFinite(rise)), series: "s1" }),
            curve(
              best.filter(([, rise]) => Number.isFinite(rise)),
              "s2",
            ),
          ],
        }),
        ...names.map((name, j) =>
          chart({
            title: `Where ${name} was asked`,
            caption: "Each evaluation's value of the parameter, in their order.",
            x: { label: "evaluation", domain: [1, values.length], exact: true },
            y: { label: labels.axis(name), domain: [smallestOf(column(points, k, j)), largestOf(column(points, k, j))] },
            height: 220,
            marks: [dots({ points: column(points, k, j).map((at, i): Point => [i + 1, at]), series: "s1" })],
          }),
        ),
      ],
    },
  ];
}

function column(points: Float64Array, k: number, j: number): number[] {
  return Array.from({ length: points.length / k }, (_, row) => points[row * k + j] as number);
}
