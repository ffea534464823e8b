/**
 * Confidence regions by simulated experiments, which hold near bounds and for few data, where Δχ² = 1 does not. Values are ordered by the ratio of
 * likelihoods; other parameters are refitted: G. Feldman, R. Cousins, Phys. Rev. D 57 (1998) 3873, IV; for nuisances B. Sen, M. Walker,
 * M. Woodroofe, Statistica Sinica 19 (2009) 301.
 */

import { TetradError } from "@tetrad/engine";
import { refuseConstraints } from "../constraints.js";
import type { FitResult } from "../fit.js";
import type { Likelihood } from "../likelihood.js";
import { dot, norm, type Vector } from "../minimise/dense.js";
import { levenbergMarquardt, type Residuals } from "../minimise/levenberg-marquardt.js";
import { whiten } from "../observations.js";
import { boxOf } from "../optimum.js";
import { normals, random } from "../random.js";

export interface RegionOptions {
  /** Which parameter. */
  readonly name: string;
  /** Values of it to test; `points` over three errors to both sides, within the bounds, unless told. */
  readonly values?: readonly number[];
  /** 21 unless told */
  readonly points?: number;
  /** Simulated experiments at each value; 300 unless told. */
  readonly toys?: number;
  /** Confidence level; 0.6827 unless told. */
  readonly level?: number;
  readonly seed?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface RegionResult {
  readonly name: string;
  readonly level: number;
  readonly toys: number;
  readonly best: number;
  readonly tested: readonly {
    readonly value: number;
    /** Rise of −2 ln(likelihood × prior) of the data. */
    readonly rise: number;
    /** The rise that this share of experiments stays below, were this value true, with its error from few of them. */
    readonly critical: number;
    readonly criticalError: number;
    /** Share of experiments that rise at least as far as the data, which count as one of them: never 0 (B. Phipson, G. K. Smyth, Stat. Appl. Genet. Mol. Biol. 9 (2010) 39). */
    readonly pValue: number;
  }[];
  /** Pieces of the parameter where the rise is at most critical, their ends by straight lines between tested values; null where the last tested value is still inside. */
  readonly intervals: readonly { readonly low: number | null; readonly high: number | null }[];
}

/**
 * @param fit of the same likelihood
 * @throws ARGUMENT for an unknown parameter, fewer than 3 values or 50 experiments; UNSUPPORTED for likelihoods that are no sums of squares; CANCELLED
 */
export async function simulatedRegion(likelihood: Likelihood, fit: FitResult, options: RegionOptions): Promise<RegionResult> {
  const { name, toys = 300, level = 0.6827 } = options;
  const held = likelihood.parameters.findIndex((one) => one.name === name);
  const known = likelihood.parameters.map((one) => one.name).join(", ");
  if (held < 0) throw new TetradError("ARGUMENT", { op: "simulatedRegion", what: `${name} is not a free parameter`, expected: known });
  refuseConstraints(likelihood.theory, "simulatedRegion", "sample instead");
  if (!likelihood.leastSquares)
    throw new TetradError("UNSUPPORTED", {
      op: "simulatedRegion",
      what: "experiments of a likelihood that is no sum of squares",
      hint: "use profiles",
    });
  const best = Float64Array.from(likelihood.parameters, (one) => fit.parameters.find((p) => p.name === one.name)?.value as number);
  const values = options.values ?? defaultValues(likelihood, fit, held, best[held] as number, options.points ?? 21);
  if (values.length < 3 || !(toys >= 50) || !Number.isInteger(toys) || !(level > 0 && level < 1))
    throw new TetradError("ARGUMENT", {
      op: "simulatedRegion",
      what: "too few values or experiments, or no level",
      got: `${values.length} values, ${toys} experiments, level ${level}`,
      expected: "3 values, 50 experiments, a level between 0 and 1",
    });
  const source = random(options.seed ?? 0);
  const noise = noiseOf(likelihood, source);
  const box = boxOf(likelihood);
  const residuals = (theta: Vector): Residuals => likelihood.residuals(theta);
  const lowest = levenbergMarquardt(residuals, best, box).sumOfSquares;
  const tested: RegionResult["tested"][number][] = [];
  for (const value of values) {
    const truth = fitHeld(residuals, best, held, value, box);
    const offset = Float64Array.from(residuals(truth.theta).residuals);
    const rise = Math.max(0, truth.sumOfSquares - lowest);
    const rises = new Float64Array(toys);
    for (let toy = 0; toy < toys; toy++) {
      if (options.signal?.aborted === true)
        throw new TetradError("CANCELLED", {
          op: "simulatedRegion",
          what: "interrupted",
          got: `${tested.length} of ${values.length} values`,
        });
      const epsilon = noise();
      const shifted = (theta: Vector): Residuals => {
        const { residuals: own, jacobian } = residuals(theta);
        return { residuals: Float64Array.from(own, (r, i) => r - (offset[i] as number) + (epsilon[i] as number)), jacobian };
      };
      const kept = fitHeld(shifted, truth.theta, held, value, box).sumOfSquares;
      rises[toy] = Math.max(0, kept - levenbergMarquardt(shifted, truth.theta, { ...box, stepTolerance: 1e-8 }).sumOfSquares);
      if (toy % 50 === 49) await new Promise((resolve) => setTimeout(resolve)); // lets an interruption come in
    }
    tested.push({ value, rise, ...critical(rises, level), pValue: (1 + rises.filter((one) => one >= rise).length) / (1 + toys) });
    options.onProgress?.(tested.length, values.length);
  }
  return { name, level, toys, best: best[held] as number, tested, intervals: intervalsOf(tested) };
}

function defaultValues(likelihood: Likelihood, fit: FitResult, held: number, best: number, points: number): number[] {
  const { name, lower, upper } = likelihood.parameters[held] as Likelihood["parameters"][number];
  const found = fit.parameters.find((one) => one.name === name)?.uncertainty;
  const error = found !== null && found !== undefined && found > 0 ? found : (upper - lower) / 6;
  if (!Number.isFinite(error))
    throw new TetradError("ARGUMENT", {
      op: "simulatedRegion",
      what: `${name} has neither an error nor bounds that could tell which values to test`,
      hint: "give it bounds, or name the values",
    });
  const [from, to] = [Math.max(lower, best - 3 * error), Math.min(upper, best + 3 * error)];
  return Array.from({ length: points }, (_, i) => from + ((to - from) * i) / (points - 1));
}

/** Whitened noise of one experiment: standard normal, without the part along a marginalised offset, which no residual has. */
function noiseOf(likelihood: Likelihood, source: ReturnType<typeof random>): () => Vector {
  const priors = likelihood.parameters.filter(({ prior }) => prior.kind === "normal").length;
  const parts = likelihood.observed.map(({ set, observations }) => {
    const along = set.marginaliseOffset ? whiten(observations, new Float64Array(observations.n).fill(1), false) : undefined;
    const length = along === undefined ? 1 : norm(along);
    return { n: observations.n, along: along?.map((value) => value / length) };
  });
  return () => {
    const all = new Float64Array(likelihood.n + priors);
    let first = 0;
    for (const { n, along } of parts) {
      const z = normals(n, source);
      const share = along === undefined ? 0 : dot(along, z);
      all.set(along === undefined ? z : z.map((value, i) => value - share * (along[i] as number)), first);
      first += n;
    }
    all.set(normals(priors, source), first);
    return all;
  };
}

interface Held {
  readonly theta: Vector;
  readonly sumOfSquares: number;
}

/** Refits all parameters but one. */
function fitHeld(residuals: (theta: Vector) => Residuals, start: Vector, held: number, value: number, box: ReturnType<typeof boxOf>): Held {
  const others = Array.from(start.keys()).filter((i) => i !== held);
  const k = start.length;
  const whole = (part: ArrayLike<number>): Vector => {
    const theta = new Float64Array(k);
    theta[held] = value;
    for (const [j, i] of others.entries()) theta[i] = part[j] as number;
    return theta;
  };
  const pick = (values: ArrayLike<number>): Vector => Float64Array.from(others, (i) => values[i] as number);
  if (others.length === 0) {
    const theta = whole([]);
    const { residuals: own } = residuals(theta);
    return { theta, sumOfSquares: dot(own, own) };
  }
  const found = levenbergMarquardt(
    (part) => {
      const { residuals: own, jacobian } = residuals(whole(part));
      const m = own.length;
      const columns = new Float64Array(m * others.length);
      for (let row = 0; row < m; row++)
        for (const [j, i] of others.entries()) columns[row * others.length + j] = jacobian[row * k + i] as number;
      return { residuals: own, jacobian: columns };
    },
    pick(start),
    { lower: pick(box.lower), upper: pick(box.upper), stepTolerance: 1e-8 },
  );
  return { theta: whole(found.theta), sumOfSquares: found.sumOfSquares };
}

/** The quantile, and half the distance between those one binomial error below and above. */
function critical(rises: Float64Array, level: number): { critical: number; criticalError: number } {
  const sorted = Float64Array.from(rises).sort();
  const at = (p: number): number => sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))] as number;
  const error = Math.sqrt((level * (1 - level)) / sorted.length);
  return { critical: at(level), criticalError: (at(level + error) - at(level - error)) / 2 };
}

function intervalsOf(tested: RegionResult["tested"]): { low: number | null; high: number | null }[] {
  const gaps = tested.map(({ rise, critical: limit }) => rise - limit);
  const intervals: { low: number | null; high: number | null }[] = [];
  gaps.forEach((gap, i) => {
    const before = gaps[i - 1];
    const inside = gap <= 0;
    if (inside && (before === undefined || before > 0))
      intervals.push({ low: before === undefined ? null : zero(tested, gaps, i), high: null });
    if (!inside && before !== undefined && before <= 0)
      intervals[intervals.length - 1] = { low: intervals.at(-1)?.low ?? null, high: zero(tested, gaps, i) };
  });
  return intervals;
}

/** Where the gap is zero between a tested value and the one before. */
function zero(tested: RegionResult["tested"], gaps: readonly number[], i: number): number {
  const [a, b] = [tested[i - 1]?.value as number, tested[i]?.value as number];
  const [from, to] = [gaps[i - 1] as number, gaps[i] as number];
  return a + ((b - a) * from) / (from - to);
}
