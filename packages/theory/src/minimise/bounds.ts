/** Boxes: what both minimisers agree on about bounds, starts and results. */

import { TetradError } from "@tetrad/engine";
import type { Vector } from "./dense.js";

/** Lower and upper bound of each parameter; ±Infinity where there is none. */
export interface Box {
  readonly lower: Vector;
  readonly upper: Vector;
}

export interface BoundOptions {
  readonly lower?: ArrayLike<number> | undefined;
  readonly upper?: ArrayLike<number> | undefined;
}

/** Per parameter: -1 at its lower bound, 1 at its upper bound, 0 between. */
export type Active = Int8Array;

/** Throws ARGUMENT for a start that is not finite or outside its bounds, and for an empty interval. */
export function makeBox(op: string, start: ArrayLike<number>, options: BoundOptions): Box {
  const n = start.length;
  const side = (values: ArrayLike<number> | undefined, name: string, missing: number): Vector => {
    if (values !== undefined && values.length !== n) {
      throw new TetradError("ARGUMENT", { op, what: `${name} bounds of the wrong length`, got: `${values.length}`, expected: `${n}` });
    }
    return Float64Array.from({ length: n }, (_, i) => values?.[i] ?? missing);
  };
  const box = { lower: side(options.lower, "lower", -Infinity), upper: side(options.upper, "upper", Infinity) };
  for (let i = 0; i < n; i++) {
    const [low, high, x] = [box.lower[i] as number, box.upper[i] as number, start[i] as number];
    if (!(low < high)) {
      throw new TetradError("ARGUMENT", {
        op,
        what: `bounds of parameter ${i} hold no interval`,
        got: `[${low}, ${high}]`,
        expected: "lower < upper",
      });
    }
    if (!Number.isFinite(x) || x < low || x > high) {
      throw new TetradError("ARGUMENT", {
        op,
        what: `the start of parameter ${i} is outside its bounds`,
        got: `${x}`,
        expected: `a number in [${low}, ${high}]`,
      });
    }
  }
  return box;
}

export function clampInto(box: Box, i: number, x: number): number {
  return Math.min(Math.max(x, box.lower[i] as number), box.upper[i] as number);
}

export function activeSet(box: Box, x: ArrayLike<number>): Active {
  return Int8Array.from({ length: x.length }, (_, i) => (x[i] === box.lower[i] ? -1 : x[i] === box.upper[i] ? 1 : 0));
}

/** Largest |component| of P(x − g) − x: zero exactly at a stationary point of the bounded problem. */
export function projectedGradientNorm(box: Box, x: ArrayLike<number>, g: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < x.length; i++) {
    const step = Math.abs(clampInto(box, i, (x[i] as number) - (g[i] as number)) - (x[i] as number));
    if (!(step <= largest)) largest = step; // NaN must not pass as small
  }
  return largest;
}
