/** Corner plot: each parameter's curve on the diagonal, each pair's confidence regions below it, in the Gaussian approximation of a fit. */
import { figure, type LegendEntry, makeScale, type SeriesClass } from "./chart.js";
import { element, escapeText } from "./svg.js";

export interface CornerParameter {
  readonly name: string;
  readonly value: number;
}

export interface CornerSpec {
  readonly title: string;
  readonly caption: string;
  readonly parameters: readonly CornerParameter[];
  /** (k, k), row by row. */
  readonly covariance: ArrayLike<number>;
  readonly series?: SeriesClass;
}

/** Regions holding 68.27 % and 95.45 % of a two-dimensional Gaussian: Δχ² = −2 ln(1 − p). */
const REGIONS = [0.6827, 0.9545].map((share) => Math.sqrt(-2 * Math.log(1 - share)));
const SPAN = 3; // standard deviations shown each way
const SIZE = 480;
const MARGIN = { top: 8, right: 8, bottom: 42, left: 58 };
const GAP = 8;

export function corner(spec: CornerSpec): string {
  const { parameters, covariance, series = "s1" } = spec;
  const k = parameters.length;
  const cell = (SIZE - MARGIN.left - MARGIN.right - GAP * (k - 1)) / k;
  const sigma = parameters.map((_, i) => Math.sqrt(covariance[i * k + i] as number));
  const domain = (i: number): [number, number] => {
    const { value } = parameters[i] as CornerParameter;
    return [value - SPAN * (sigma[i] as number), value + SPAN * (sigma[i] as number)];
  };
  const parts: string[] = [];
  for (let row = 0; row < k; row++)
    for (let column = 0; column <= row; column++) {
      const left = MARGIN.left + column * (cell + GAP);
      const top = MARGIN.top + row * (cell + GAP);
      const x = makeScale({ label: "", domain: domain(column), exact: true, ticks: k > 2 ? 3 : 4 }, left, left + cell);
      const y = makeScale({ label: "", domain: domain(row), exact: true, ticks: k > 2 ? 3 : 4 }, top + cell, top);
      parts.push(element("rect", { x: left, y: top, width: cell, height: cell, class: "frame" }));
      if (row === column) parts.push(bell(left, top, cell, series));
      else {
        const rho = (covariance[row * k + column] as number) / ((sigma[row] as number) * (sigma[column] as number));
        for (const radius of REGIONS) parts.push(ellipse(left + cell / 2, top + cell / 2, cell / (2 * SPAN), rho, radius, series));
        parts.push(element("circle", { cx: left + cell / 2, cy: top + cell / 2, r: 2.5, class: `${series} dot` }));
      }
      if (row === k - 1) {
        for (const tick of x.ticks)
          parts.push(element("text", { x: tick.at, y: top + cell + 15, "text-anchor": "middle", class: "small" }, escapeText(tick.label)));
        parts.push(
          element(
            "text",
            { x: left + cell / 2, y: SIZE - 10, "text-anchor": "middle", class: "label" },
            escapeText((parameters[column] as CornerParameter).name),
          ),
        );
      }
      if (column === 0 && row > 0) {
        for (const tick of y.ticks)
          parts.push(element("text", { x: left - 6, y: tick.at + 4, "text-anchor": "end", class: "small" }, escapeText(tick.label)));
        parts.push(
          element(
            "text",
            { x: 0, y: 0, transform: `translate(13 ${top + cell / 2}) rotate(-90)`, "text-anchor": "middle", class: "label" },
            escapeText((parameters[row] as CornerParameter).name),
          ),
        );
      }
    }
  const svg = element(
    "svg",
    { viewBox: `0 0 ${SIZE} ${SIZE}`, role: "img", "aria-label": spec.title },
    element("title", {}, escapeText(spec.title)),
    element("desc", {}, escapeText(spec.caption)),
    ...parts,
  );
  const legend: LegendEntry[] = [{ label: "68 % and 95 % regions", series, symbol: "line" }];
  return figure(spec.title, svg, spec.caption, legend);
}

function bell(left: number, top: number, size: number, series: SeriesClass): string {
  const points: string[] = [];
  for (let i = 0; i <= 60; i++) {
    const t = (i / 60) * 2 * SPAN - SPAN;
    points.push(`${(left + (i / 60) * size).toFixed(2)} ${(top + size - 0.92 * size * Math.exp((-t * t) / 2)).toFixed(2)}`);
  }
  return element("path", { d: `M${points.join("L")}`, class: `${series} line` });
}

/** Points of equal density of a correlated pair: x = r cos φ, y = r (ρ cos φ + √(1 − ρ²) sin φ), in standard deviations of `unit` pixels. */
function ellipse(cx: number, cy: number, unit: number, rho: number, radius: number, series: SeriesClass): string {
  const points: string[] = [];
  for (let i = 0; i < 72; i++) {
    const phi = (i / 72) * 2 * Math.PI;
    const x = radius * Math.cos(phi);
    const y = rho * x + Math.sqrt(Math.max(0, 1 - rho * rho)) * radius * Math.sin(phi);
    points.push(`${(cx + unit * x).toFixed(2)} ${(cy - unit * y).toFixed(2)}`);
  }
  return element("path", { d: `M${points.join("L")}Z`, class: `${series} region` });
}
