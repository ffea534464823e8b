/**
 * The minimum of a function that is dear to ask and gives no slopes: each question goes where a Gaussian process expects the largest improvement.
 * Source: D. R. Jones, M. Schonlau, W. J. Welch, J. Global Optim. 13 (1998) 455, eq. 15.
 */

import { TetradError } from "@tetrad/engine";
import type { Box } from "../minimise/bounds.js";
import type { Vector } from "../minimise/dense.js";
import { nelderMead } from "../minimise/nelder-mead.js";
import { spread } from "../minimise/sobol.js";
import { normalPair, random } from "../random.js";
import { erf } from "../special.js";
import { GaussianProcess } from "./gaussian-process.js";
import { intoBox } from "./region.js";

export interface BayesianOptions {
  /** Questions in all; 30 and 10 more a parameter unless told. */
  readonly evaluations?: number;
  readonly seed?: number;
  readonly onProgress?: (done: number, total: number, best: number) => void;
  readonly signal?: AbortSignal;
}

export interface BayesianResult {
  readonly theta: Vector;
  readonly value: number;
  /** Every question in its order: points [m, k], values [m] (NaN where undefined), and the expected improvement that asked (NaN for the first, spread ones). */
  readonly asked: { readonly theta: Float64Array; readonly values: Float64Array; readonly expected: Float64Array };
  readonly undefinedPoints: number;
}

const CANDIDATES = 512;
const LOCAL = 64;
/** Lengths are learnt anew whenever the points have grown by this part. */
const RELEARN = 1.1;

/**
 * @param f to be minimised; NaN and infinite values count as the worst that was seen
 * @param box finite on all sides
 * @throws ARGUMENT for fewer questions than the first, spread ones need; DATA where none of those is defined; CANCELLED
 */
export async function bayesianOptimum(
  f: (theta: Vector) => number | Promise<number>,
  box: Box,
  options: BayesianOptions = {},
): Promise<BayesianResult> {
  const k = box.lower.length;
  const total = options.evaluations ?? 30 + 10 * k;
  const initial = 4 + 2 * k;
  if (!Number.isInteger(total) || total < initial)
    throw new TetradError("ARGUMENT", {
      op: "bayesianOptimum",
      what: "too few evaluations",
      got: `${total}`,
      expected: `at least ${initial}`,
    });
  const source = random(options.seed ?? 0);
  const cube: Vector[] = [];
  const values: number[] = [];
  const expected: number[] = [];
  const ask = async (point: Vector, improvement: number): Promise<void> => {
    if (options.signal?.aborted === true)
      throw new TetradError("CANCELLED", { op: "bayesianOptimum", what: "interrupted", got: `${values.length} of ${total} evaluations` });
    const value = await f(intoBox([point], box));
    cube.push(point);
    values.push(Number.isFinite(value) ? value : Number.NaN);
    expected.push(improvement);
    options.onProgress?.(values.length, total, lowest(values));
  };
  for (const point of spread(initial, k, source)) await ask(point, Number.NaN);
  if (!values.some(Number.isFinite))
    throw new TetradError("DATA", {
      op: "bayesianOptimum",
      what: `the function is undefined at all of the first ${initial} points`,
      hint: "narrow the ranges to where it is defined",
    });
  let lengths: Vector | undefined;
  let learnt = 0;
  while (values.length < total) {
    const best = lowest(values);
    // Likelihoods fall by thousands far away; the logarithm leaves the bottom as it is and the rest in reach of one process.
    const heights = values.map((value) => Math.log1p(value - best));
    const worst = heights.reduce((most, height) => (height > most ? height : most), 0); // NaN is above nothing
    const y = heights.map((height) => (Number.isFinite(height) ? height : worst));
    const relearn = lengths === undefined || values.length >= RELEARN * learnt;
    const process = relearn ? GaussianProcess.fit(cube, y, lengths) : GaussianProcess.condition(cube, y, lengths as Vector);
    if (relearn) {
      lengths = process.lengths;
      learnt = values.length;
    }
    const centre = cube[values.indexOf(best)] as Vector;
    const near = Array.from({ length: LOCAL }, (_, i) => {
      const width = 0.1 * 10 ** (-3 * (i / LOCAL));
      return centre.map((value) => Math.min(1, Math.max(0, value + width * normalPair(source)[0])));
    });
    const improvement = (point: Vector): number => expectedImprovement(process, point);
    const candidates = [...spread(CANDIDATES, k, source), ...near];
    const start = candidates.map((point) => ({ point, gain: improvement(point) })).reduce((a, b) => (b.gain > a.gain ? b : a));
    // Improvements are tiny near the end, so their logarithm is what is climbed.
    const climbed = nelderMead((point) => -Math.log(improvement(point) + 1e-300), start.point, {
      lower: new Float64Array(k),
      upper: new Float64Array(k).fill(1),
      scale: new Float64Array(k).fill(0.02),
      tolerance: 1e-4,
      maxEvaluations: 80 * k,
    });
    const chosen = cube.some((known) => known.every((value, i) => Math.abs(value - (climbed.theta[i] as number)) < 1e-7))
      ? (candidates[Math.floor(source.next() * CANDIDATES)] as Vector) // asked before: nothing is learnt there
      : climbed.theta;
    await ask(chosen, improvement(chosen));
    await new Promise((resolve) => setTimeout(resolve)); // lets an interruption come in
  }
  const at = values.indexOf(lowest(values));
  const theta = intoBox(cube, box);
  return {
    theta: theta.slice(at * k, (at + 1) * k),
    value: values[at] as number,
    asked: { theta, values: Float64Array.from(values), expected: Float64Array.from(expected) },
    undefinedPoints: values.filter(Number.isNaN).length,
  };
}

function lowest(values: readonly number[]): number {
  return values.reduce((low, value) => (value < low ? value : low), Infinity);
}

/** Over the lowest height, which is 0. */
function expectedImprovement(process: GaussianProcess, point: Vector): number {
  const { mean, sd } = process.at(point);
  if (!(sd > 0)) return Math.max(0, -mean);
  const z = -mean / sd;
  return -mean * 0.5 * (1 + erf(z / Math.SQRT2)) + (sd * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI);
}
