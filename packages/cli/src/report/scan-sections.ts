/** Sections of a report about a scan: the best points, and maps of the likelihood over each pair of parameters. */
import type { ScanResult } from "@tetrad/theory";
import { short } from "../numbers.js";
import { chart } from "./chart.js";
import type { Figure } from "./figure.js";
import type { Labels } from "./labels.js";
import { contourLines, heat } from "./map-marks.js";
import { curve, dots, type Point } from "./marks.js";
import type { ReportTable, Section } from "./page.js";

/** Δχ² of two parameters at 68.3 % and 95.4 %. */
export const PAIR_RISES = [2.296, 6.18] as const;
/** Parameters of which pairs are drawn. */
const MOST = 5;
const MOST_CELLS = 64;
/** Along each parameter of a grid of two; finer ones are gathered in cells like other scans. */
const MOST_GRID = 128;
/** Points of a cell on average: of those in a cell the best is shown, which takes more of them where further parameters vary. */
const CELL_POINTS = { two: 16, more: 64 } as const;
const BEST_ROWS = 10;

export function scanSections(result: ScanResult, labels: Labels): Section[] {
  const { names, undefinedPoints, logLikelihood } = result;
  const shown = names.slice(0, MOST);
  return [
    {
      title: "Scan",
      paragraphs: [
        `${logLikelihood.length} points.`,
        ...(undefinedPoints > 0
          ? [`${undefinedPoints} of them lie where the theory gives no finite likelihood; they are empty in the maps.`]
          : []),
        ...(names.length > 2
          ? ["Each map shows, for a cell of two parameters, the best likelihood among the scan's points in it: the others are free."]
          : []),
      ],
      tables: [bestTable(result)],
      figures:
        names.length === 1
          ? [curveOf(result, labels)]
          : shown.flatMap((_, row) => shown.slice(0, row).map((_, column) => mapOf(result, column, row, labels))),
    },
  ];
}

function bestTable({ names, theta, logLikelihood, derived, best }: ScanResult): ReportTable {
  const k = names.length;
  const order = topRows(logLikelihood, BEST_ROWS);
  const highest = logLikelihood[best] as number;
  return {
    caption: "The best points",
    header: ["", ...names, "Δχ²", ...derived.map(({ name }) => name)],
    rows: order.map((row, i) => [
      String(i + 1),
      ...names.map((_, j) => short(theta[row * k + j] as number)),
      (2 * (highest - (logLikelihood[row] as number))).toFixed(3),
      ...derived.map(({ values }) => short(values[row] as number)),
    ]),
  };
}

/** Rows of the largest finite values, in order, without sorting millions. */
function topRows(values: Float64Array, count: number): number[] {
  const top: number[] = [];
  values.forEach((value, row) => {
    if (!Number.isFinite(value)) return;
    if (top.length === count && !(value > (values[top[count - 1] as number] as number))) return;
    let at = top.length;
    while (at > 0 && value > (values[top[at - 1] as number] as number)) at--;
    top.splice(at, 0, row);
    if (top.length > count) top.pop();
  });
  return top;
}

function curveOf({ names, theta, logLikelihood, best, box }: ScanResult, labels: Labels): Figure {
  const highest = logLikelihood[best] as number;
  const points = Array.from(theta, (value, row): Point => [value, 2 * (highest - (logLikelihood[row] as number))]).sort(
    (a, b) => a[0] - b[0],
  );
  const stride = Math.max(1, Math.ceil(points.length / 1000));
  const thinned = points.filter((_, i) => i % stride === 0);
  return chart({
    title: `Δχ² of ${names[0]}`,
    caption: "How much worse than the best point of the scan, up to 10.",
    x: { label: labels.axis(names[0] as string), domain: [box.lower[0] as number, box.upper[0] as number], exact: true },
    y: { label: "Δχ²", domain: [0, 10], exact: true },
    marks: [curve(thinned, "s1")],
  });
}

interface Cells {
  readonly cells: number;
  /** Each point of a grid stands in the middle of its own cell. */
  readonly centred: boolean;
  /** The highest likelihood in each cell, row by row; NaN where the scan has no point. */
  readonly highest: Float64Array;
}

function cellsOf({ theta, logLikelihood, names, box, perAxis }: ScanResult, column: number, row: number): Cells {
  const k = names.length;
  const m = logLikelihood.length;
  const centred = perAxis !== null && perAxis <= MOST_GRID;
  const cells = centred
    ? perAxis
    : Math.max(4, Math.min(MOST_CELLS, Math.floor(Math.sqrt(m / (k > 2 ? CELL_POINTS.more : CELL_POINTS.two)))));
  const highest = new Float64Array(cells * cells).fill(Number.NaN);
  const cellOf = (axis: number, point: number): number => {
    const [low, high] = [box.lower[axis] as number, box.upper[axis] as number];
    const share = ((theta[point * k + axis] as number) - low) / (high - low);
    return centred ? Math.round(share * (cells - 1)) : Math.min(cells - 1, Math.floor(share * cells));
  };
  for (let point = 0; point < m; point++) {
    const value = logLikelihood[point] as number;
    if (!Number.isFinite(value)) continue;
    const at = cellOf(row, point) * cells + cellOf(column, point);
    if (!(value <= (highest[at] as number))) highest[at] = value;
  }
  return { cells, centred, highest };
}

function mapOf(result: ScanResult, column: number, row: number, labels: Labels): Figure {
  const { names, logLikelihood, theta, best, box } = result;
  const k = names.length;
  const { cells, centred, highest } = cellsOf(result, column, row);
  const top = logLikelihood[best] as number;
  const rises = Array.from(highest, (value) => 2 * (top - value));
  const [low, high] = [box.lower, box.upper];
  const place =
    (axis: number) =>
    (cell: number): number => {
      const width = (high[axis] as number) - (low[axis] as number);
      return (low[axis] as number) + (centred ? (width * (cell - 0.5)) / (cells - 1) : (width * cell) / cells);
    };
  const [across, up] = [place(column), place(row)];
  return chart({
    title: `${names[row]} against ${names[column]}`,
    caption:
      "Darker is more likely. The lines enclose what is within Δχ² 2.30 and 6.18 of the best point: 68 % and 95 % for two parameters.",
    x: { label: labels.axis(names[column] as string), domain: [low[column] as number, high[column] as number], exact: true },
    y: { label: labels.axis(names[row] as string), domain: [low[row] as number, high[row] as number], exact: true },
    height: 400,
    legend: [
      { label: "68 % and 95 %", series: "s1", symbol: "line" },
      { label: "best point", series: "s2", symbol: "dot" },
    ],
    marks: [
      // The root keeps tails visible.
      heat(
        rises.map((rise) => Math.exp(-rise / 8)),
        cells,
        across,
        up,
      ),
      // Cells without a point count as unlikely; heights are capped so that lines lie where they would on a smooth surface.
      contourLines(
        rises.map((rise) => (Number.isFinite(rise) ? -Math.min(rise, 50) : -50)),
        PAIR_RISES.map((level) => -level),
        cells,
        across,
        up,
      ),
      dots({ points: [[theta[best * k + column] as number, theta[best * k + row] as number]], series: "s2", radius: 4 }),
    ],
  });
}
