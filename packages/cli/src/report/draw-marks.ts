/** Marks as SVG. */
import { area, line } from "d3-shape";
import type { Bar, Mark, Point } from "./marks.js";
import { element, escapeText } from "./svg.js";

export interface Scale {
  (value: number): number;
  readonly domain: readonly [number, number];
}

export function drawMark(mark: Mark, x: Scale, y: Scale): string {
  const place = ([px, py]: Point): string => `${x(px).toFixed(2)} ${y(py).toFixed(2)}`;
  const finite = ([px, py]: Point): boolean => Number.isFinite(x(px)) && Number.isFinite(y(py));
  switch (mark.kind) {
    case "curve": {
      const path = line<Point>()
        .x(([px]) => x(px))
        .y(([, py]) => y(py))
        .defined(finite)
        .digits(2);
      return element("path", { d: path(mark.points) ?? "", class: `${mark.series} line${mark.style === "dashes" ? " dashes" : ""}` });
    }
    case "band": {
      const { points, spread } = mark;
      const path = area<Point>()
        .x(([px]) => x(px))
        .y0(([, py], i) => y(py - (spread[i] as number)))
        .y1(([, py], i) => y(py + (spread[i] as number)))
        .defined((point, i) => finite(point) && Number.isFinite(spread[i]))
        .digits(2);
      return element("path", { d: path([...points]) ?? "", class: `${mark.series} band` });
    }
    case "dots":
      return mark.points
        .map(([px, py], i) => {
          const label = mark.labels?.[i];
          return element(
            "circle",
            { cx: x(px), cy: y(py), r: mark.radius ?? 3, class: `${mark.series} dot` },
            ...(label === undefined ? [] : [element("title", {}, escapeText(label))]),
          );
        })
        .join("");
    case "cloud":
      return element("path", {
        d: mark.points.map(([px, py]) => `M${x(px).toFixed(1)} ${y(py).toFixed(1)}h0`).join(""),
        class: `${mark.series} cloud`,
      });
    case "error bars":
      return element("path", {
        d: mark.points
          .map(([px, py], i) => `M${place([px, py - (mark.sigma[i] as number)])}V${y(py + (mark.sigma[i] as number)).toFixed(2)}`)
          .join(""),
        class: `${mark.series} bar`,
      });
    case "columns":
      return mark.columns
        .map(({ x0, x1, height }) =>
          element("rect", {
            x: x(x0) + 0.5,
            y: y(height),
            width: Math.max(0.5, x(x1) - x(x0) - 1),
            height: y(0) - y(height),
            class: `${mark.series} column`,
          }),
        )
        .join("");
    case "bars":
      return mark.bars.map((one, k) => drawBar(one, k, x, y)).join("");
    case "cells":
      return mark.cells
        .map(({ x: [left, right], y: [low, high], opacity }) =>
          element("rect", {
            x: x(left),
            y: y(high),
            width: x(right) - x(left),
            height: y(low) - y(high),
            class: `${mark.series} heat`,
            "fill-opacity": opacity,
          }),
        )
        .join("");
    case "region": {
      const d = mark.polygons.flatMap((rings) => rings.map((ring) => `M${ring.map(place).join("L")}Z`)).join("");
      return element("path", { d, class: `${mark.series} ${mark.filled ? "region" : "line"}`, "fill-rule": "evenodd" });
    }
    case "rule":
    case "diagonal": {
      const [from, to] = ruleEnds(mark, x.domain, y.domain);
      return element("path", { d: `M${place(from)}L${place(to)}`, class: "rule" });
    }
  }
}

/** Part of a bar's room that it fills. */
export const BAR_SHARE = 0.56;

function drawBar({ from, to, low, high, series }: Bar, k: number, x: Scale, y: Scale): string {
  const thickness = Math.abs(y(1) - y(0)) * BAR_SHARE;
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
    element("path", { d: `M${x(low).toFixed(2)} ${middle.toFixed(2)}H${x(high).toFixed(2)}${end(low)}${end(high)}`, class: "whisker" })
  );
}

/** Where a line that crosses the whole chart begins and ends. */
export function ruleEnds(
  mark: Extract<Mark, { kind: "rule" | "diagonal" }>,
  [left, right]: readonly [number, number],
  [bottom, top]: readonly [number, number],
): [Point, Point] {
  if (mark.kind === "diagonal") {
    const [low, high] = [Math.max(left, bottom), Math.min(right, top)];
    return [
      [low, low],
      [high, high],
    ];
  }
  return mark.across === "x"
    ? [
        [left, mark.at],
        [right, mark.at],
      ]
    : [
        [mark.at, bottom],
        [mark.at, top],
      ];
}
