/**
 * Profile likelihoods: for each parameter, the best that all others can do at every value of it, and the intervals at which −2 ln L has risen by
 * 1 and 4 (S. S. Wilks, Ann. Math. Stat. 9 (1938) 60; F. James, Statistical Methods in Experimental Physics, 2006, 9.3.2, as MINOS does).
 */

import { TetradError } from "@tetrad/engine";
import { refuseConstraints } from "../constraints.js";
import type { FitResult } from "../fit.js";
import type { Likelihood } from "../likelihood.js";
import type { Box } from "../minimise/bounds.js";
import type { Vector } from "../minimise/dense.js";
import { boxOf } from "../optimum.js";
import { type Conditional, fitWithout } from "./conditional.js";

export interface ProfileOptions {
  /** Which parameters; all free ones unless told. */
  readonly names?: readonly string[];
  /** Points along each curve; 25 unless told. */
  readonly points?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ProfileInterval {
  /** Rise of −2 ln(likelihood × prior) over its minimum at the ends. */
  readonly rise: number;
  /** Ends; null where a bound of the parameter comes first. */
  readonly low: number | null;
  readonly high: number | null;
}

export interface Profile {
  readonly name: string;
  /** Value of the best fit. */
  readonly best: number;
  readonly unit: string | null;
  /** At a rise of 1 (68.3 %) and 4 (95.4 %). */
  readonly intervals: readonly ProfileInterval[];
  /** Asymmetric errors: best − low and high − best at a rise of 1. */
  readonly minus: number | null;
  readonly plus: number | null;
  /** The curve: values of the parameter, and the rise there; null where the theory is undefined. */
  readonly values: readonly number[];
  readonly rises: readonly (number | null)[];
  /** All free parameters at each point of the curve, refitted. */
  readonly refitted: readonly (readonly number[])[];
}

export interface ProfileResult {
  readonly profiles: readonly Profile[];
  /** −2 ln(likelihood × prior) at the best fit. */
  readonly minimum: number;
  readonly messages: readonly string[];
  readonly seconds: number;
}

export const PROFILE_RISES = [1, 4] as const;
/** How far curves reach, in the distance at which the larger rise is met. */
const REACH = 1.25;
/** Ends of intervals are found until the rise is met to this part of it, which moves them by a millionth of an error at most. */
const RISE_TOLERANCE = 1e-6;
const ROOT_STEPS = 60;
/** Doublings of the first guess before an end counts as not there. */
const OUTWARD_STEPS = 40;

/**
 * @param fit of the same likelihood
 * @throws ARGUMENT for a name that is not a free parameter, or fewer than 3 points
 */
export function profileLikelihood(likelihood: Likelihood, fit: FitResult, options: ProfileOptions = {}): ProfileResult {
  const begin = performance.now();
  refuseConstraints(likelihood.theory, "profileLikelihood", "sample instead");
  const { parameters } = likelihood;
  const known = parameters.map(({ name }) => name);
  const names = options.names ?? known;
  const count = options.points ?? 25;
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined || !(Number.isInteger(count) && count >= 3))
    throw new TetradError("ARGUMENT", {
      op: "profileLikelihood",
      what: stranger === undefined ? "too few points for a curve" : `${stranger} is not a free parameter`,
      got: stranger ?? `${count}`,
      expected: stranger === undefined ? "at least 3" : known.join(", "),
    });
  const box = boxOf(likelihood);
  const best = Float64Array.from(known, (name) => fit.parameters.find((one) => one.name === name)?.value as number);
  const scale = scaleOf(likelihood, fit, best, box);
  const minimum = likelihood.valueAndGradient(best).value;
  const messages: string[] = [];
  const profiles = names.map((name, done): Profile => {
    const held = known.indexOf(name);
    const tracer = new Tracer(likelihood, box, scale, held, best, minimum);
    const centre = best[held] as number;
    const [low, high] = [-1, 1].map((side) => PROFILE_RISES.map((rise) => tracer.endAt(rise, side))) as [
      (number | null)[],
      (number | null)[],
    ];
    const far = (side: (number | null)[], bound: number): number => {
      const furthest = side.at(-1);
      return furthest === null || furthest === undefined ? bound : centre + REACH * (furthest - centre);
    };
    const from = Math.max(box.lower[held] as number, far(low, tracer.furthest(-1)));
    const to = Math.min(box.upper[held] as number, far(high, tracer.furthest(1)));
    const values = Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
    const fits = tracer.along(values);
    if (tracer.lowest < minimum - 1e-6) {
      messages.push(
        `The profile of ${name} found a lower minimum than the fit, by ${(2 * (minimum - tracer.lowest)).toPrecision(3)} in −2 ln L: fit again with more starts.`,
      );
    }
    if ([...low, ...high].some((end) => end === null))
      messages.push(`The interval of ${name} is cut by a bound, or the likelihood does not fall that far: that side is open.`);
    options.onProgress?.(done + 1, names.length);
    const distance = (end: number | null | undefined): number | null => (end === null || end === undefined ? null : Math.abs(end - centre));
    return {
      name,
      best: centre,
      unit: parameters[held]?.unit ?? null,
      intervals: PROFILE_RISES.map((rise, i) => ({ rise, low: low[i] ?? null, high: high[i] ?? null })),
      minus: distance(low[0]),
      plus: distance(high[0]),
      values,
      rises: fits.map(({ value }) => (Number.isFinite(value) ? 2 * (value - minimum) : null)),
      refitted: fits.map(({ theta }) => Array.from(theta)),
    };
  });
  return { profiles, minimum: 2 * minimum, messages, seconds: (performance.now() - begin) / 1000 };
}

/** Errors where there are some, else a share of the bounds or of the value. */
function scaleOf(likelihood: Likelihood, fit: FitResult, best: Vector, box: Box): Vector {
  return Float64Array.from(likelihood.parameters, ({ name }, i) => {
    const found = fit.parameters.find((one) => one.name === name)?.uncertainty;
    if (found !== null && found !== undefined && found > 0) return found;
    const width = (box.upper[i] as number) - (box.lower[i] as number);
    return Number.isFinite(width) ? width / 20 : Math.abs(best[i] as number) / 10 || 1;
  });
}

/** One parameter's profile, each refit started from the nearest one before. */
class Tracer {
  readonly #known: Conditional[];
  lowest: number;

  constructor(
    private readonly likelihood: Likelihood,
    private readonly box: Box,
    private readonly scale: Vector,
    private readonly held: number,
    private readonly best: Vector,
    private readonly minimum: number,
  ) {
    this.#known = [{ theta: best, value: minimum }];
    this.lowest = minimum;
  }

  #at(value: number): Conditional {
    const { held } = this;
    const nearest = this.#known.reduce((a, b) =>
      Math.abs((b.theta[held] as number) - value) < Math.abs((a.theta[held] as number) - value) ? b : a,
    );
    const found = fitWithout(this.likelihood, this.box, this.scale, held, value, nearest.theta);
    if (Number.isFinite(found.value)) {
      this.#known.push(found);
      this.lowest = Math.min(this.lowest, found.value);
    }
    return found;
  }

  #rise(value: number): number {
    return 2 * (this.#at(value).value - this.minimum);
  }

  /** Points from the best fit outwards, so that each refit begins beside one that is done; in the order given. */
  along(values: readonly number[]): Conditional[] {
    const centre = this.best[this.held] as number;
    const order = [...values.keys()].sort((a, b) => Math.abs((values[a] as number) - centre) - Math.abs((values[b] as number) - centre));
    const fits = new Array<Conditional>(values.length);
    for (const i of order) fits[i] = this.#at(values[i] as number);
    return fits;
  }

  /** The furthest value on a side that was tried and is defined. */
  furthest(side: number): number {
    const { held } = this;
    return this.#known.reduce(
      (far, { theta }) => (side * ((theta[held] as number) - far) > 0 ? (theta[held] as number) : far),
      this.best[held] as number,
    );
  }

  /** Where the rise is met on a side; null where a bound comes first or it never is. */
  endAt(rise: number, side: number): number | null {
    const { held, box } = this;
    const centre = this.best[held] as number;
    const bound = (side < 0 ? box.lower[held] : box.upper[held]) as number;
    const sigma = this.scale[held] as number;
    const limit = (value: number): number => (side < 0 ? Math.max(value, bound) : Math.min(value, bound));
    let inner = centre;
    let outer = limit(centre + side * sigma * Math.sqrt(rise));
    let innerRise = 0;
    let outerRise = this.#rise(outer);
    for (let step = 0; outerRise < rise; step++) {
      if (outer === bound || step === OUTWARD_STEPS) return null;
      inner = outer;
      innerRise = outerRise;
      outer = limit(centre + 1.6 * (outer - centre));
      outerRise = this.#rise(outer);
    }
    // Roots of rise are nearly straight in the parameter: a secant of √ meets the end in a few steps; halving keeps it in the bracket.
    for (let step = 0; step < ROOT_STEPS; step++) {
      if (Math.abs(outerRise - rise) <= RISE_TOLERANCE * rise) return outer;
      const [a, b] = [Math.sqrt(Math.max(innerRise, 0)), Math.sqrt(outerRise)];
      const guess = inner + ((outer - inner) * (Math.sqrt(rise) - a)) / (b - a);
      const safe = Number.isFinite(guess) && Number.isFinite(outerRise) && step % 4 !== 3;
      const middle = safe ? guess : (inner + outer) / 2;
      const found = this.#rise(middle);
      if (Math.abs(found - rise) <= RISE_TOLERANCE * rise) return middle;
      if (found < rise) [inner, innerRise] = [middle, found];
      else [outer, outerRise] = [middle, found];
      if (Math.abs(outer - inner) <= 1e-12 * Math.max(sigma, Math.abs(outer))) return Number.isFinite(outerRise) ? middle : null;
    }
    return (inner + outer) / 2;
  }
}
