/** Marks as layers of a Vega-Lite specification. Every layer has fields x and y, whose axes the chart declares. */
import { LIGHT } from "./colours.js";
import { BAR_SHARE, ruleEnds } from "./draw-marks.js";
import type { Bar, Mark, Point, Polygon } from "./marks.js";
import type { ColourBy } from "./vega-lite.js";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

type Span = readonly [number, number];
type Rows = readonly { readonly [key: string]: Json }[];

/** Square pixels of a circle whose radius is given. */
const discOf = (radius: number): number => Math.PI * radius * radius;

export function markLayers(mark: Mark, across: Span, up: Span, colour: ColourBy): Json[] {
  switch (mark.kind) {
    case "curve":
      return [layer(xy(mark.points), line(mark.style === "dashes" ? { strokeDash: [6, 4] } : {}), {}, colour(mark.series, mark.style))];
    case "band":
      return [
        layer(
          mark.points.map(([x, y], i) => ({ x, y: y - (mark.spread[i] as number), y2: y + (mark.spread[i] as number) })),
          { type: "area", opacity: 0.18, clip: true },
          { y2: { field: "y2" } },
          colour(mark.series, "line"),
        ),
      ];
    case "dots": {
      const { points, labels, series, radius = 3 } = mark;
      const rows = points.map(([x, y], i) => ({ x, y, ...(labels?.[i] !== undefined && { label: labels[i] as string }) }));
      return [
        layer(
          rows,
          { type: "point", filled: true, size: discOf(radius), opacity: 1, clip: true },
          labels === undefined ? {} : { tooltip: { field: "label", type: "nominal" } },
          colour(series, "dot"),
        ),
      ];
    }
    case "cloud":
      return [
        layer(
          xy(mark.points),
          { type: "point", filled: true, size: discOf(1.3), opacity: 0.55, clip: true },
          {},
          colour(mark.series, "dot"),
        ),
      ];
    case "error bars":
      return [
        layer(
          mark.points.map(([x, y], i) => ({ x, y: y - (mark.sigma[i] as number), y2: y + (mark.sigma[i] as number) })),
          { type: "rule", strokeWidth: 1.2, opacity: 0.75, clip: true },
          { y2: { field: "y2" } },
          colour(mark.series, "dot"),
        ),
      ];
    case "columns":
      return [
        layer(
          mark.columns.map(({ x0, x1, height }) => ({ x: x0, x2: x1, y: 0, y2: height })),
          { type: "rect", opacity: 0.75, clip: true },
          { x2: { field: "x2" }, y2: { field: "y2" } },
          colour(mark.series, "dot"),
        ),
      ];
    case "bars":
      return barLayers(mark.bars, colour);
    case "cells":
      return [
        layer(
          mark.cells.map(({ x: [x, x2], y: [y, y2], opacity }) => ({ x, x2, y, y2, opacity })),
          { type: "rect", clip: true, color: LIGHT[mark.series] },
          { x2: { field: "x2" }, y2: { field: "y2" }, opacity: { field: "opacity", type: "quantitative", scale: null } },
        ),
      ];
    case "region":
      return regionLayers(mark, colour);
    case "rule":
    case "diagonal":
      return [layer(xy(ruleEnds(mark, across, up)), line({ strokeWidth: 1, strokeDash: [4, 3], color: "#aab2bd" }))];
  }
}

/** The same series of all bars is one layer. */
function barLayers(bars: readonly Bar[], colour: ColourBy): Json[] {
  const half = BAR_SHARE / 2;
  const all = bars.map((bar, k) => ({ ...bar, k }));
  const drawn = [...new Set(bars.map(({ series }) => series))].map((series) =>
    layer(
      all
        .filter((bar) => bar.series === series)
        .map(({ from, to, k }) => ({ x: Math.min(from, to), x2: Math.max(from, to), y: k + 0.5 - half, y2: k + 0.5 + half })),
      { type: "rect", opacity: 0.75, clip: true },
      { x2: { field: "x2" }, y2: { field: "y2" } },
      colour(series, "dot"),
    ),
  );
  const whiskers = all.flatMap(({ low, high, k }) => (low === undefined || high === undefined ? [] : [{ x: low, x2: high, y: k + 0.5 }]));
  if (whiskers.length === 0) return drawn;
  return [...drawn, layer(whiskers, { type: "rule", strokeWidth: 1.3, color: "#1a1d21", clip: true }, { x2: { field: "x2" } })];
}

/** Filled first, if at all, then each ring as a line. */
function regionLayers({ polygons, filled, series }: Extract<Mark, { kind: "region" }>, colour: ColourBy): Json[] {
  const each = { detail: { field: "part", type: "nominal" } } as const;
  const outlines = layer(
    parts(polygons.flat().map((ring) => [...ring, ring[0] as Point])),
    line({ strokeWidth: filled ? 1.4 : 2 }),
    each,
    colour(series, "line"),
  );
  if (!filled) return [outlines];
  const area = { type: "line", filled: true, fill: LIGHT[series], fillOpacity: 0.16, stroke: null, order: false, clip: true } as const;
  return [layer(parts(polygons.map(keyhole)), area, each), outlines];
}

/** One ring around a polygon with holes: in along a slit, round each hole, and out again. Holes turn the other way, so they stay empty. */
function keyhole(rings: Polygon): Point[] {
  return rings.flatMap((ring) => [...ring, ring[0] as Point, ...(rings.length > 1 ? [rings[0]?.[0] as Point] : [])]);
}

function parts(rings: readonly (readonly Point[])[]): Rows {
  return rings.flatMap((ring, part) => ring.map(([x, y]) => ({ x, y, part })));
}

function xy(points: readonly Point[]): Rows {
  return points.map(([x, y]) => ({ x, y }));
}

function line(more: Readonly<Record<string, Json>>): Record<string, Json> {
  // In the order of the data, not along x.
  return { type: "line", strokeWidth: 2, order: false, clip: true, ...more };
}

function layer(
  values: Rows,
  mark: Readonly<Record<string, Json>>,
  encoding: Readonly<Record<string, Json>> = {},
  { transform, color }: Partial<ReturnType<ColourBy>> = {},
): Json {
  return {
    data: { values: values.map(finite) },
    ...(transform !== undefined && { transform }),
    mark,
    encoding: { ...encoding, ...(color !== undefined && { color }) },
  };
}

/** JSON has no other numbers; null is a gap. */
function finite(row: Rows[number]): Rows[number] {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === "number" && !Number.isFinite(value) ? null : value]),
  );
}
