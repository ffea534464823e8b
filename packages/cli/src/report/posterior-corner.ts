/** Corner plot of draws: each parameter's density on the diagonal, below it the regions that hold 68 % and 95 % of each pair's. */
import { type DensityAxis as Axis, DENSITY_CELLS as CELLS, density1d, density2d, densityAxis, densityLevel } from "@tetrad/theory";
import { contours } from "d3-contour";
import { figure, type LegendEntry, makeScale, type SeriesClass } from "./chart.js";
import { element, escapeText } from "./svg.js";

export interface DrawnParameter {
  readonly name: string;
  readonly values: Float64Array;
  /** Bounds of the prior. */
  readonly walls: readonly [number, number];
  /** How many independent draws the values are worth. */
  readonly effective: number;
}

export const SHARES = [0.9545, 0.6827] as const;
const SIZE = 480;
const MARGIN = { top: 8, right: 8, bottom: 42, left: 58 };
const GAP = 8;

export function posteriorCorner(title: string, caption: string, parameters: readonly DrawnParameter[], series: SeriesClass = "s1"): string {
  const k = parameters.length;
  const size = k > 4 ? SIZE * Math.min(2, k / 4) : SIZE;
  const cell = (size - MARGIN.left - MARGIN.right - GAP * (k - 1)) / k;
  const axes = parameters.map(({ values, walls }) => densityAxis(values, walls));
  const parts: string[] = [];
  for (let row = 0; row < k; row++)
    for (let column = 0; column <= row; column++) {
      const left = MARGIN.left + column * (cell + GAP);
      const top = MARGIN.top + row * (cell + GAP);
      const [across, up] = [axes[column] as Axis, axes[row] as Axis];
      parts.push(element("rect", { x: left, y: top, width: cell, height: cell, class: "frame" }));
      const [own, other] = [parameters[column] as DrawnParameter, parameters[row] as DrawnParameter];
      parts.push(row === column ? curve(own, across, left, top, cell, series) : regions(own, other, across, up, left, top, cell, series));
      if (row === k - 1) parts.push(...labelsBelow(own.name, across, left, top + cell, cell, size));
      if (column === 0 && row > 0) parts.push(...labelsBeside(other.name, up, top, cell));
    }
  const svg = element(
    "svg",
    { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": title },
    element("title", {}, escapeText(title)),
    element("desc", {}, escapeText(caption)),
    ...parts,
  );
  const legend: LegendEntry[] = [{ label: "68 % and 95 % regions", series, symbol: "line" }];
  return figure(title, svg, caption, legend);
}

function ticksOf(axis: Axis, from: number, to: number) {
  return makeScale({ label: "", domain: [axis.low, axis.high], exact: true, ticks: 3 }, from, to).ticks;
}

function labelsBelow(name: string, axis: Axis, left: number, bottom: number, cell: number, size: number): string[] {
  return [
    ...ticksOf(axis, left, left + cell).map(({ at, label }) =>
      element("text", { x: at, y: bottom + 15, "text-anchor": "middle", class: "small" }, escapeText(label)),
    ),
    element("text", { x: left + cell / 2, y: size - 10, "text-anchor": "middle", class: "label" }, escapeText(name)),
  ];
}

function labelsBeside(name: string, axis: Axis, top: number, cell: number): string[] {
  const transform = `translate(13 ${top + cell / 2}) rotate(-90)`;
  return [
    ...ticksOf(axis, top + cell, top).map(({ at, label }) =>
      element("text", { x: MARGIN.left - 6, y: at + 4, "text-anchor": "end", class: "small" }, escapeText(label)),
    ),
    element("text", { x: 0, y: 0, transform, "text-anchor": "middle", class: "label" }, escapeText(name)),
  ];
}

function curve({ values, effective }: DrawnParameter, axis: Axis, left: number, top: number, cell: number, series: SeriesClass): string {
  const heights = density1d(values, axis, effective);
  const points = Array.from(
    heights,
    (height, i) => `${(left + ((i + 0.5) / CELLS) * cell).toFixed(2)} ${(top + cell - 0.92 * cell * height).toFixed(2)}`,
  );
  return element("path", { d: `M${points.join("L")}`, class: `${series} line` });
}

function regions(
  x: DrawnParameter,
  y: DrawnParameter,
  across: Axis,
  up: Axis,
  left: number,
  top: number,
  cell: number,
  series: SeriesClass,
): string {
  const density = density2d(x.values, y.values, across, up, Math.min(x.effective, y.effective));
  const levels = SHARES.map((share) => densityLevel(density, share));
  const trace = contours().size([CELLS, CELLS]);
  return levels
    .map((level) => {
      const { coordinates } = trace.contour(Array.from(density), level);
      const d = coordinates
        .flat()
        .map(
          (ring) =>
            `M${ring.map(([px = 0, py = 0]) => `${(left + (px / CELLS) * cell).toFixed(2)} ${(top + cell - (py / CELLS) * cell).toFixed(2)}`).join("L")}Z`,
        )
        .join("");
      return element("path", { d, class: `${series} region`, "fill-rule": "evenodd" });
    })
    .join("");
}
