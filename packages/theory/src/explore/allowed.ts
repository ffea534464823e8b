/** The part of a box that constraints leave: evenly spread points of it, and along a line its pieces. */

import { TetradError } from "@tetrad/engine";
import type { Vector } from "../minimise/dense.js";
import { spread } from "../minimise/sobol.js";
import type { Random } from "../random.js";

/** Of a point of the unit cube. */
export type Inside = (point: Vector) => boolean;

const DRAWN = 4096;
/** A region of less than a millionth of the box is not found by drawing. */
const MOST_DRAWS = 256;

/**
 * Spread points of the unit cube that are inside, with the share of those drawn that are.
 * @throws DATA where fewer than `least` of a million points are inside
 */
export function spreadInside(inside: Inside, k: number, least: number, source: Random): { points: Vector[]; share: number } {
  const points: Vector[] = [];
  let draws = 0;
  while (points.length < DRAWN && draws < MOST_DRAWS) {
    for (const point of spread(DRAWN, k, source)) if (inside(point)) points.push(point);
    draws++;
  }
  if (points.length < least) throw nothingLeft(`${points.length} of ${draws * DRAWN} points`, `${least} points or more`);
  return { points, share: points.length / (draws * DRAWN) };
}

/**
 * Pieces of the unit interval that are inside, each as its points of an even grid and its ends, which are halved to between the grid's points.
 * A piece or a gap between two neighbours of the grid is not seen.
 * @throws DATA where no interval at a point of the grid is inside
 */
export function piecesInside(inside: Inside, count: number, halvings: number): Vector[][] {
  const grid = Array.from({ length: count }, (_, i) => Float64Array.of(i / (count - 1)));
  const truth = grid.map(inside);
  const end = (within: Vector, without: Vector): Vector => {
    let [yes, no] = [within, without];
    for (let step = 0; step < halvings; step++) {
      const middle = Float64Array.of(((yes[0] as number) + (no[0] as number)) / 2);
      if (inside(middle)) yes = middle;
      else no = middle;
    }
    return yes;
  };
  const pieces: Vector[][] = [];
  grid.forEach((point, i) => {
    if (!truth[i]) return;
    const [before, after] = [grid[i - 1], grid[i + 1]];
    if (before === undefined) pieces.push([]);
    else if (!truth[i - 1]) pieces.push(unlessSame(end(point, before), point));
    const piece = pieces.at(-1) as Vector[];
    piece.push(point);
    if (after !== undefined && !truth[i + 1]) piece.push(...unlessSame(end(point, after), point));
  });
  if (!pieces.some((piece) => piece.length > 1)) throw nothingLeft(`${pieces.length} of ${count} points`, "an interval of them");
  return pieces;
}

function unlessSame(end: Vector, point: Vector): Vector[] {
  return end[0] === point[0] ? [] : [end];
}

function nothingLeft(got: string, expected: string): TetradError {
  return new TetradError("DATA", {
    op: "findBoundary",
    what: "the constraints leave too little of the ranges",
    got: `${got} keep them`,
    expected,
    hint: "narrow the ranges to where the constraints can hold",
  });
}
