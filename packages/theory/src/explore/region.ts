/** The box that an exploration covers: the parameters' bounds, or narrower ranges of the user's. */

import { didYouMean, TetradError } from "@tetrad/engine";
import type { Box } from "../minimise/bounds.js";
import { freeParameters, type Theory } from "../theory.js";

/** Ranges by parameter, in place of the bounds of the theory file. */
export type Ranges = Readonly<Record<string, readonly [low: number, high: number]>>;

/**
 * Lower and upper end for each free parameter, all finite.
 * @throws ARGUMENT for a parameter that has neither bounds nor a range, an unknown name, an empty range, or one beyond the bounds
 */
export function exploredBox(theory: Theory, ranges: Ranges = {}): Box {
  const parameters = freeParameters(theory);
  for (const [name, [low, high]] of Object.entries(ranges)) {
    const parameter = parameters.find((one) => one.name === name);
    if (parameter === undefined) {
      const known = parameters.map((one) => one.name);
      throw new TetradError("ARGUMENT", {
        op: theory.name,
        what: `${name} is not a free parameter, so it has no range`,
        expected: known.join(", "),
        hint: didYouMean(name, known),
      });
    }
    if (!(low < high && Number.isFinite(high - low)) || low < parameter.lower || high > parameter.upper)
      throw new TetradError("ARGUMENT", {
        op: name,
        what: "not a range within its bounds",
        got: `${low} to ${high}`,
        expected: `two numbers, the lower first, in [${parameter.lower}, ${parameter.upper}]`,
        at: parameter.at,
      });
  }
  const ends = parameters.map(
    ({ name, lower, upper }) => (Object.hasOwn(ranges, name) ? ranges[name] : undefined) ?? ([lower, upper] as const),
  );
  const open = parameters.filter((_, i) => !Number.isFinite((ends[i]?.[1] as number) - (ends[i]?.[0] as number)));
  const [first] = open;
  if (first !== undefined)
    throw new TetradError("ARGUMENT", {
      op: theory.name,
      what: `${open.map(({ name }) => name).join(", ")} cannot be explored without two finite bounds`,
      got: open.map(({ name, lower, upper }) => `${name}: [${lower}, ${upper}]`).join(", "),
      expected: "an interval for each free parameter",
      at: first.at,
      hint: `give ${first.name} bounds in the theory file, a range for this exploration, or fixed: true`,
    });
  return { lower: Float64Array.from(ends, ([low]) => low), upper: Float64Array.from(ends, ([, high]) => high) };
}

/** From the unit cube into the box, point by point: [m, k] from m points of k coordinates. */
export function intoBox(points: readonly ArrayLike<number>[], { lower, upper }: Box): Float64Array {
  const k = lower.length;
  const theta = new Float64Array(points.length * k);
  points.forEach((point, row) => {
    for (let i = 0; i < k; i++) {
      const [low, high] = [lower[i] as number, upper[i] as number];
      theta[row * k + i] = low + (high - low) * (point[i] as number);
    }
  });
  return theta;
}
