/** Maps over two parameters: cells by how dark, and lines of equal height, of square arrays row by row along y. */
import { contours } from "d3-contour";
import type { Mark, SeriesClass } from "./chart.js";
import { element } from "./svg.js";

/** Where a cell's left or lower edge lies, in the axis's own numbers. */
export type Place = (cell: number) => number;

/** Below this nothing is seen. */
const FAINTEST = 0.02;
const DARKEST = 0.7;

/** @param shares 0 to 1 for each cell [cells · cells]; NaN leaves it empty */
export function heat(shares: ArrayLike<number>, cells: number, across: Place, up: Place, series: SeriesClass = "s1"): Mark {
  return (x, y) =>
    Array.from(shares, (share, at) => {
      if (!(share > FAINTEST)) return "";
      const [column, row] = [at % cells, Math.floor(at / cells)];
      const [left, top] = [x(across(column)), y(up(row + 1))];
      return element("rect", {
        x: left,
        y: top,
        width: x(across(column + 1)) - left,
        height: y(up(row)) - top,
        class: `${series} heat`,
        "fill-opacity": DARKEST * share,
      });
    }).join("");
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
  const trace = contours().size([cells, cells]);
  return (x, y) =>
    levels
      .map((level) => {
        const d = trace
          .contour([...heights], level)
          .coordinates.flat()
          .map((ring) => `M${ring.map(([px = 0, py = 0]) => `${x(across(px)).toFixed(2)} ${y(up(py)).toFixed(2)}`).join("L")}Z`)
          .join("");
        return element("path", { d, class: `${series} line` });
      })
      .join("");
}
