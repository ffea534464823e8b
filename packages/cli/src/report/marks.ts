/** What can be drawn inside a chart. */
import { line } from "d3-shape";
import type { Mark, Scale, SeriesClass } from "./chart.js";
import { element, escapeText } from "./svg.js";

export type Point = readonly [x: number, y: number];

export function curve(points: readonly Point[], series: SeriesClass, style: "line" | "dashes" = "line"): Mark {
  return (x, y) => {
    const path = line<Point>()
      .x(([px]) => x(px))
      .y(([, py]) => y(py))
      .defined(([px, py]) => Number.isFinite(x(px)) && Number.isFinite(y(py)))
      .digits(2);
    return element("path", { d: path(points) ?? "", class: `${series} line${style === "dashes" ? " dashes" : ""}` });
  };
}

export interface Dots {
  readonly points: readonly Point[];
  readonly series: SeriesClass;
  readonly radius?: number;
  /** Shown when the pointer rests on a dot. */
  readonly labels?: readonly string[];
}

export function dots({ points, series, radius = 3, labels }: Dots): Mark {
  return (x, y) =>
    points
      .map(([px, py], i) => {
        const label = labels?.[i];
        return element(
          "circle",
          { cx: x(px), cy: y(py), r: radius, class: `${series} dot` },
          ...(label === undefined ? [] : [element("title", {}, escapeText(label))]),
        );
      })
      .join("");
}

/** Many dots as one path, which keeps a report of thousands of points small. */
export function cloud(points: readonly Point[], series: SeriesClass): Mark {
  return (x, y) =>
    element("path", { d: points.map(([px, py]) => `M${x(px).toFixed(1)} ${y(py).toFixed(1)}h0`).join(""), class: `${series} cloud` });
}

/** One standard deviation up and down. */
export function errorBars(points: readonly Point[], sigma: ArrayLike<number>, series: SeriesClass): Mark {
  return (x, y) =>
    element("path", {
      d: points
        .map(([px, py], i) => `M${x(px).toFixed(2)} ${y(py - (sigma[i] as number)).toFixed(2)}V${y(py + (sigma[i] as number)).toFixed(2)}`)
        .join(""),
      class: `${series} bar`,
    });
}

export function columns(bins: readonly { readonly x0: number; readonly x1: number; readonly height: number }[], series: SeriesClass): Mark {
  return (x, y) =>
    bins
      .filter(({ height }) => height > 0)
      .map(({ x0, x1, height }) =>
        element("rect", {
          x: x(x0) + 0.5,
          y: y(height),
          width: Math.max(0.5, x(x1) - x(x0) - 1),
          height: y(0) - y(height),
          class: `${series} column`,
        }),
      )
      .join("");
}

export function horizontal(value: number): Mark {
  return (x: Scale, y) =>
    element("path", { d: `M${x(x.domain[0]).toFixed(2)} ${y(value).toFixed(2)}H${x(x.domain[1]).toFixed(2)}`, class: "rule" });
}

/** y = x. */
export function diagonal(): Mark {
  return (x, y) => {
    const [low, high] = [Math.max(x.domain[0], y.domain[0]), Math.min(x.domain[1], y.domain[1])];
    return element("path", { d: `M${x(low).toFixed(2)} ${y(low).toFixed(2)}L${x(high).toFixed(2)} ${y(high).toFixed(2)}`, class: "rule" });
  };
}

export interface Bar {
  readonly from: number;
  readonly to: number;
  /** Ends of its interval, if it has one. */
  readonly low?: number;
  readonly high?: number;
  readonly series: SeriesClass;
}

/** Bars along the x axis, the k-th at k + ½ of the y axis, with whiskers over their intervals. */
export function bars(all: readonly Bar[]): Mark {
  return (x, y) => {
    const thickness = Math.abs(y(1) - y(0)) * 0.56;
    return all
      .map(({ from, to, low, high, series }, k) => {
        const [left, right] = [x(Math.min(from, to)), x(Math.max(from, to))];
        const middle = y(k + 0.5);
        const end = (value: number) => `M${x(value).toFixed(2)} ${(middle - 4).toFixed(2)}v8`;
        const bar = element("rect", {
          x: left,
          y: middle - thickness / 2,
          width: Math.max(1, right - left),
          height: thickness,
          class: `${series} column`,
        });
        if (low === undefined || high === undefined) return bar;
        return (
          bar +
          element("path", {
            d: `M${x(low).toFixed(2)} ${middle.toFixed(2)}H${x(high).toFixed(2)}${end(low)}${end(high)}`,
            class: "whisker",
          })
        );
      })
      .join("");
  };
}

export function vertical(value: number): Mark {
  return (x, y) =>
    element("path", { d: `M${x(value).toFixed(2)} ${y(y.domain[0]).toFixed(2)}V${y(y.domain[1]).toFixed(2)}`, class: "rule" });
}
