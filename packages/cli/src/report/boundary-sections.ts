/** Sections of a report about a condition's boundary: its points, and maps of where it holds. */
import { largestOf, smallestOf } from "@tetrad/engine";
import type { BoundaryResult } from "@tetrad/theory";
import { percent, short } from "../numbers.js";
import { chart } from "./chart.js";
import type { Figure, LegendEntry } from "./figure.js";
import type { Labels } from "./labels.js";
import { contourLines, heat } from "./map-marks.js";
import { dots, horizontal, type Point, vertical } from "./marks.js";
import type { Section } from "./page.js";

interface Ends {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

const CELLS = 48;
/** Standard deviations to both sides that hold 95 %. */
const SURE = 1.96;
/** Parameters of which pairs are drawn. */
const MOST = 4;

export function boundarySections(
  condition: string,
  names: readonly string[],
  box: Ends,
  result: BoundaryResult,
  verdict: string,
  labels: Labels,
  /** Which points keep the theory's constraints, if it has any. */
  inside?: (theta: ArrayLike<number>) => boolean,
): Section[] {
  const k = names.length;
  const { crossings } = result;
  const shown = names.slice(0, MOST);
  return [
    {
      title: `Where ${condition}`,
      paragraphs: [
        `The condition ${verdict}.`,
        ...(k > 1
          ? [
              "A Gaussian process learnt the condition's margin and asked where its sign was least known. Points of the boundary were then found by halving, with the theory itself.",
            ]
          : []),
        ...(inside === undefined
          ? []
          : [`The constraints leave ${percent(result.allowed)} of the ranges, and nothing was asked elsewhere.`]),
      ],
      tables:
        crossings.length === 0
          ? []
          : [
              {
                caption: "Points where the condition changes",
                header: ["", ...names],
                rows: Array.from({ length: crossings.length / k }, (_, row) => [
                  String(row + 1),
                  ...names.map((_, i) => short(crossings[row * k + i] as number)),
                ]),
              },
            ],
      figures:
        k === 1
          ? [line(names[0] as string, box, result, labels)]
          : shown.flatMap((_, row) => shown.slice(0, row).map((_, column) => map(names, box, result, column, row, labels, inside))),
    },
  ];
}

function line(name: string, { lower, upper }: Ends, { asked, crossings }: BoundaryResult, labels: Labels): Figure {
  const points = Array.from(asked.margins, (margin, i): Point => [asked.theta[i] as number, margin]).filter(([, margin]) =>
    Number.isFinite(margin),
  );
  const heights = points.map(([, margin]) => margin);
  return chart({
    title: `Margin of the condition against ${name}`,
    caption: "The condition holds above zero and changes at the dashed lines.",
    x: { label: labels.axis(name), domain: [lower[0] as number, upper[0] as number], exact: true },
    y: { label: "margin", domain: [Math.min(0, smallestOf(heights)), Math.max(0, largestOf(heights))] },
    marks: [horizontal(0), ...Array.from(crossings, (at) => vertical(at)), dots({ points, series: "s1" })],
  });
}

const LEGEND: readonly LegendEntry[] = [
  { label: "holds", series: "s1", symbol: "dot" },
  { label: "does not", series: "s2", symbol: "dot" },
  { label: "on the boundary", series: "s3", symbol: "dot" },
];

function map(
  names: readonly string[],
  { lower, upper }: Ends,
  result: BoundaryResult,
  column: number,
  row: number,
  labels: Labels,
  inside: ((theta: ArrayLike<number>) => boolean) | undefined,
): Figure {
  const k = names.length;
  const { asked, crossings, belief } = result;
  const pick = (theta: Float64Array, point: number): Point => [theta[point * k + column] as number, theta[point * k + row] as number];
  const place = (axis: number) => (cell: number) =>
    (lower[axis] as number) + (((upper[axis] as number) - (lower[axis] as number)) * cell) / CELLS;
  const [across, up] = [place(column), place(row)];
  const beliefs =
    k === 2 && belief !== undefined
      ? Array.from({ length: CELLS * CELLS }, (_, at) => {
          const theta = new Float64Array(2);
          theta[column] = across((at % CELLS) + 0.5);
          theta[row] = up(Math.floor(at / CELLS) + 0.5);
          return { ...belief(theta), explored: inside?.(theta) !== false };
        })
      : undefined;
  const outlined = beliefs !== undefined && inside !== undefined;
  const indices = Array.from(asked.margins.keys());
  return chart({
    title: `${names[row]} against ${names[column]}`,
    caption:
      beliefs === undefined
        ? "Every question and the points of the boundary, seen along the other parameters."
        : "Shaded where the condition holds; the lines are where it does with 2.5 %, 50 % and 97.5 % probability, as the Gaussian process believes." +
          (outlined ? " Beyond the edge of the constraints nothing was asked, and lines are only the process's guess." : ""),
    x: { label: labels.axis(names[column] as string), domain: [lower[column] as number, upper[column] as number], exact: true },
    y: { label: labels.axis(names[row] as string), domain: [lower[row] as number, upper[row] as number], exact: true },
    height: 400,
    legend: outlined ? [...LEGEND, { label: "edge of the constraints", series: "s4", symbol: "line" }] : LEGEND,
    marks: [
      ...(beliefs === undefined
        ? []
        : [
            heat(
              beliefs.map(({ mean, explored }) => (mean > 0 && explored ? 0.3 : 0)),
              CELLS,
              across,
              up,
            ),
            ...[-SURE, 0, SURE].map((width) =>
              contourLines(
                beliefs.map(({ mean, sd }) => mean + width * sd),
                [0],
                CELLS,
                across,
                up,
              ),
            ),
            ...(outlined
              ? [
                  contourLines(
                    beliefs.map(({ explored }) => (explored ? 1 : 0)),
                    [0.5],
                    CELLS,
                    across,
                    up,
                    "s4",
                  ),
                ]
              : []),
          ]),
      dots({ points: indices.filter((i) => (asked.margins[i] as number) > 0).map((i) => pick(asked.theta, i)), series: "s1" }),
      dots({ points: indices.filter((i) => !((asked.margins[i] as number) > 0)).map((i) => pick(asked.theta, i)), series: "s2" }),
      dots({ points: Array.from({ length: crossings.length / k }, (_, i) => pick(crossings, i)), series: "s3", radius: 2.5 }),
    ],
  });
}
