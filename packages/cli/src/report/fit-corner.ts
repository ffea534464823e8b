/** Corner plot of a fit: its Gaussian approximation, from best values and covariance. */
import type { SeriesClass } from "./colours.js";
import { corner } from "./corner.js";
import type { Figure } from "./figure.js";
import { curve, dots, type Point, region } from "./marks.js";

export interface GaussianCorner {
  readonly title: string;
  readonly caption: string;
  /** Names as they are read, with units. */
  readonly labels: readonly string[];
  readonly values: readonly number[];
  /** (k, k), row by row. */
  readonly covariance: ArrayLike<number>;
  readonly series: SeriesClass;
}

/** Regions holding 68.27 % and 95.45 % of a two-dimensional Gaussian: Δχ² = −2 ln(1 − p). */
const RADII = [0.9545, 0.6827].map((share) => Math.sqrt(-2 * Math.log(1 - share)));
const SPAN = 3; // standard deviations shown each way
const CURVE_POINTS = 61;
const ELLIPSE_POINTS = 72;

export function fitCorner({ title, caption, labels, values, covariance, series }: GaussianCorner): Figure {
  const k = labels.length;
  const sigma = values.map((_, i) => Math.sqrt(covariance[i * k + i] as number));
  const at = (i: number, deviations: number): number => (values[i] as number) + deviations * (sigma[i] as number);
  return corner({
    title,
    caption,
    legend: [{ label: "68 % and 95 % regions", series, symbol: "line" }],
    axes: labels.map((label, i) => ({ label, domain: [at(i, -SPAN), at(i, SPAN)] })),
    diagonal: (i) => {
      const bell = Array.from({ length: CURVE_POINTS }, (_, j): Point => {
        const t = SPAN * ((2 * j) / (CURVE_POINTS - 1) - 1);
        return [at(i, t), Math.exp((-t * t) / 2)];
      });
      return [curve(bell, series)];
    },
    pair: (column, row) => {
      const rho = (covariance[row * k + column] as number) / ((sigma[row] as number) * (sigma[column] as number));
      return [
        ...RADII.map((radius) => region([[ellipse(rho, radius).map(([x, y]): Point => [at(column, x), at(row, y)])]], series)),
        dots({ points: [[values[column] as number, values[row] as number]], series, radius: 2.5 }),
      ];
    },
  });
}

/** Points of equal density of a correlated pair, in standard deviations: x = r cos φ, y = r (ρ cos φ + √(1 − ρ²) sin φ). */
function ellipse(rho: number, radius: number): Point[] {
  return Array.from({ length: ELLIPSE_POINTS }, (_, i): Point => {
    const phi = (i / ELLIPSE_POINTS) * 2 * Math.PI;
    const x = radius * Math.cos(phi);
    return [x, rho * x + Math.sqrt(Math.max(0, 1 - rho * rho)) * radius * Math.sin(phi)];
  });
}
