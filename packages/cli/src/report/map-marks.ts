/** Maps over two parameters: cells by how dark, and lines of equal height, of square arrays row by row along y. */
import { contours } from "d3-contour";
import type { SeriesClass } from "./colours.js";
import type { Cell, Mark, Point, Polygon } from "./marks.js";

/** Where a cell's left or lower edge lies, in the axis's own numbers. */
export type Place = (cell: number) => number;

/** Below this nothing is seen. */
const FAINTEST = 0.02;
const DARKEST = 0.7;

/** @param shares 0 to 1 for each cell [cells · cells]; NaN leaves it empty */
export function heat(shares: ArrayLike<number>, cells: number, across: Place, up: Place, series: SeriesClass = "s1"): Mark {
  const drawn = Array.from(shares).flatMap((share, at): Cell[] => {
    if (!(share > FAINTEST)) return [];
    const [column, row] = [at % cells, Math.floor(at / cells)];
    return [{ x: [across(column), across(column + 1)], y: [up(row), up(row + 1)], opacity: DARKEST * share }];
  });
  return { kind: "cells", cells: drawn, series };
}

/** Lines around what is at least as high as each level. */
export function contourLines(
  heights: readonly number[],
  levels: readonly number[],
  cells: number,
  across: Place,
  up: Place,
  series: SeriesClass = "s1",
): Mark {
  return { kind: "region", polygons: levels.flatMap((level) => polygonsAbove(heights, level, cells, across, up)), filled: false, series };
}

/** Outlines of what is at least as high as a level. */
export function polygonsAbove(heights: ArrayLike<number>, level: number, cells: number, across: Place, up: Place): Polygon[] {
  const { coordinates } = contours().size([cells, cells]).contour(Array.from(heights), level);
  return coordinates.map((polygon) => polygon.map((ring) => ring.map(([px = 0, py = 0]): Point => [across(px), up(py)])));
}
