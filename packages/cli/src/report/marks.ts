/** What can be drawn inside a chart, as plain data in the axes' own numbers: `draw-marks.ts` makes SVG of it, `vega-lite.ts` a layer of a specification. */
import type { SeriesClass } from "./colours.js";

export type Point = readonly [x: number, y: number];

export interface Curve {
  readonly kind: "curve";
  /** In the order in which they are joined; a point that is not finite is a gap. */
  readonly points: readonly Point[];
  readonly series: SeriesClass;
  readonly style: "line" | "dashes";
}

export interface Dots {
  readonly points: readonly Point[];
  readonly series: SeriesClass;
  readonly radius?: number;
  /** Shown when the pointer rests on a dot. */
  readonly labels?: readonly string[];
}

export interface Column {
  readonly x0: number;
  readonly x1: number;
  readonly height: number;
}

export interface Bar {
  readonly from: number;
  readonly to: number;
  /** Ends of its interval, if it has one. */
  readonly low?: number;
  readonly high?: number;
  readonly series: SeriesClass;
}

/** A cell of a map. */
export interface Cell {
  readonly x: readonly [low: number, high: number];
  readonly y: readonly [low: number, high: number];
  /** How dark, from 0 to 1. */
  readonly opacity: number;
}

/** An outline first, then the holes in it. */
export type Polygon = readonly (readonly Point[])[];

export type Mark =
  | Curve
  | (Dots & { readonly kind: "dots" })
  | { readonly kind: "cloud"; readonly points: readonly Point[]; readonly series: SeriesClass }
  | {
      readonly kind: "band";
      readonly points: readonly Point[];
      /** Half its width at each point. */
      readonly spread: ArrayLike<number>;
      readonly series: SeriesClass;
    }
  | { readonly kind: "error bars"; readonly points: readonly Point[]; readonly sigma: ArrayLike<number>; readonly series: SeriesClass }
  | { readonly kind: "columns"; readonly columns: readonly Column[]; readonly series: SeriesClass }
  | { readonly kind: "bars"; readonly bars: readonly Bar[] }
  | { readonly kind: "cells"; readonly cells: readonly Cell[]; readonly series: SeriesClass }
  | { readonly kind: "region"; readonly polygons: readonly Polygon[]; readonly filled: boolean; readonly series: SeriesClass }
  | { readonly kind: "rule"; readonly across: "x" | "y"; readonly at: number }
  | { readonly kind: "diagonal" };

export function curve(points: readonly Point[], series: SeriesClass, style: "line" | "dashes" = "line"): Mark {
  return { kind: "curve", points, series, style };
}

export function dots(spec: Dots): Mark {
  return { kind: "dots", ...spec };
}

/** Many dots as one path, which keeps a report of thousands of points small. */
export function cloud(points: readonly Point[], series: SeriesClass): Mark {
  return { kind: "cloud", points, series };
}

/** What lies within `spread` of a curve. */
export function band(points: readonly Point[], spread: ArrayLike<number>, series: SeriesClass): Mark {
  return { kind: "band", points, spread, series };
}

/** One standard deviation up and down. */
export function errorBars(points: readonly Point[], sigma: ArrayLike<number>, series: SeriesClass): Mark {
  return { kind: "error bars", points, sigma, series };
}

/** Columns from zero up. */
export function columns(all: readonly Column[], series: SeriesClass): Mark {
  return { kind: "columns", columns: all.filter(({ height }) => height > 0), series };
}

/** Bars along the x axis, the k-th at k + ½ of the y axis, with whiskers over their intervals. */
export function bars(all: readonly Bar[]): Mark {
  return { kind: "bars", bars: all };
}

export function horizontal(value: number): Mark {
  return { kind: "rule", across: "x", at: value };
}

export function vertical(value: number): Mark {
  return { kind: "rule", across: "y", at: value };
}

/** y = x. */
export function diagonal(): Mark {
  return { kind: "diagonal" };
}

/** Areas with an outline. */
export function region(polygons: readonly Polygon[], series: SeriesClass): Mark {
  return { kind: "region", polygons, filled: true, series };
}
