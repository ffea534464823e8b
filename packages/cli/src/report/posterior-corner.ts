/** Corner plot of draws: each parameter's density on the diagonal, below it the regions that hold 68 % and 95 % of each pair's. */
import { type DensityAxis as Axis, DENSITY_CELLS as CELLS, density1d, density2d, densityAxis, densityLevel } from "@tetrad/theory";
import type { SeriesClass } from "./colours.js";
import { corner } from "./corner.js";
import type { Figure } from "./figure.js";
import { polygonsAbove } from "./map-marks.js";
import { curve, type Point, region } from "./marks.js";

export interface DrawnParameter {
  /** As it is read, with its unit. */
  readonly label: string;
  readonly values: Float64Array;
  /** Bounds of the prior. */
  readonly walls: readonly [number, number];
  /** How many independent draws the values are worth. */
  readonly effective: number;
}

export const SHARES = [0.9545, 0.6827] as const;

export function posteriorCorner(title: string, caption: string, parameters: readonly DrawnParameter[], series: SeriesClass = "s1"): Figure {
  const axes = parameters.map(({ values, walls }) => densityAxis(values, walls));
  return corner({
    title,
    caption,
    legend: [{ label: "68 % and 95 % regions", series, symbol: "line" }],
    axes: parameters.map(({ label }, i) => ({ label, domain: [(axes[i] as Axis).low, (axes[i] as Axis).high] })),
    diagonal: (i) => {
      const { values, effective } = parameters[i] as DrawnParameter;
      const heights = density1d(values, axes[i] as Axis, effective);
      return [
        curve(
          Array.from(heights, (height, cell): Point => [place(axes[i] as Axis)(cell + 0.5), height]),
          series,
        ),
      ];
    },
    pair: (column, row) => {
      const [x, y] = [parameters[column] as DrawnParameter, parameters[row] as DrawnParameter];
      const [across, up] = [axes[column] as Axis, axes[row] as Axis];
      const density = density2d(x.values, y.values, across, up, Math.min(x.effective, y.effective));
      return SHARES.map((share) => region(polygonsAbove(density, densityLevel(density, share), CELLS, place(across), place(up)), series));
    },
  });
}

const place =
  ({ low, high }: Axis) =>
  (cell: number): number =>
    low + ((high - low) * cell) / CELLS;
