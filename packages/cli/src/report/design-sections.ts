/** Sections of a report about the next measurement: how each error shrinks with where it is taken. */
import { largestOf, smallestOf } from "@tetrad/engine";
import type { DataColumns, Design } from "@tetrad/theory";
import type { BestCandidate } from "../explore/design.js";
import { short } from "../numbers.js";
import { chart } from "./chart.js";
import { SERIES, type SeriesClass } from "./colours.js";
import { columnLabel, type Labels } from "./labels.js";
import { curve, type Point } from "./marks.js";
import type { Section } from "./page.js";

export function designSections(
  { names, before, candidates }: Design,
  shown: readonly number[],
  best: readonly BestCandidate[],
  data: DataColumns,
  labels: Labels,
): Section[] {
  const columns = Object.keys(candidates[0]?.x ?? {});
  const axis = columns[0] as string;
  const along = (value: (one: Design["candidates"][number]) => number): Point[] =>
    candidates.map((one): Point => [one.x[axis] as number, value(one)]).sort((a, b) => a[0] - b[0]);
  const span: [number, number] = [
    smallestOf(candidates.map(({ x }) => x[axis] as number)),
    largestOf(candidates.map(({ x }) => x[axis] as number)),
  ];
  const ratios = shown.slice(0, SERIES.length).map((i) => along(({ after }) => (after[i] as number) / (before[i] as number)));
  const information = along((one) => one.information);
  return [
    {
      title: "What to measure next",
      paragraphs: [
        "By how much one more datum would shrink the errors, to first order around the best fit. What it will measure is not needed for that; where the theory bends within the errors, it is a guide.",
      ],
      tables: [
        {
          caption: "The best candidates",
          header: ["for", ...columns, "error of the datum", "error now", "with it", "information, nats"],
          rows: best.map(({ goal, i, candidate }) => [
            goal,
            ...columns.map((name) => short(candidate.x[name] as number)),
            short(candidate.error),
            i === undefined ? "" : short(before[i] as number),
            i === undefined ? "" : short(candidate.after[i] as number),
            candidate.information.toFixed(4),
          ]),
        },
      ],
      figures:
        columns.length > 1
          ? []
          : [
              chart({
                title: "Errors with one more datum",
                caption:
                  "Each parameter's error with the datum over its error now; lower is better. Steps come from the data's own errors, which the nearest datum lends.",
                x: { label: columnLabel(data, axis), domain: span, exact: true },
                y: { label: "error with it / error now", domain: [smallestOf(ratios.flatMap((points) => points.map(([, y]) => y))), 1] },
                legend: ratios.map((_, s) => ({
                  label: labels.plain(names[shown[s] as number] as string),
                  series: SERIES[s] as SeriesClass,
                  symbol: "line" as const,
                })),
                marks: ratios.map((points, s) => curve(points, SERIES[s] as SeriesClass)),
              }),
              chart({
                title: "Information",
                caption: "Expected information about all parameters together.",
                x: { label: columnLabel(data, axis), domain: span, exact: true },
                y: { label: "nats", domain: [0, largestOf(information.map(([, y]) => y))] },
                marks: [curve(information, "s1")],
              }),
            ],
    },
  ];
}
