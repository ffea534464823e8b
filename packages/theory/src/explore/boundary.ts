/**
 * Where a condition changes its truth: by halving in one dimension; in more, a Gaussian process of the margin learns where to ask next. It asks
 * where the sign is least known (the straddle heuristic of B. Bryan et al., Adv. Neural Inf. Process. Syst. 18 (2005) 163).
 */

import { TetradError } from "@tetrad/engine";
import type { Box } from "../minimise/bounds.js";
import type { Vector } from "../minimise/dense.js";
import { spread } from "../minimise/sobol.js";
import { random } from "../random.js";
import { erf } from "../special.js";
import { type Belief, GaussianProcess } from "./gaussian-process.js";
import { intoBox } from "./region.js";

export interface BoundaryOptions {
  /** Questions before crossings are refined; 33 in one dimension and 40 a dimension in more, unless told. */
  readonly evaluations?: number;
  /** How many points of the boundary are refined, each by about 40 questions more; 32 unless told. */
  readonly crossings?: number;
  readonly seed?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface BoundaryResult {
  /** Points where the condition changes [c, k], each to a part in 10¹² of the box. */
  readonly crossings: Float64Array;
  /** Share of the box where it holds; in more than one dimension as the process believes, with one standard error of that belief. */
  readonly share: number;
  readonly shareError: number;
  /** Share of the box where its truth is not known to 95 %; 0 in one dimension. */
  readonly uncertain: number;
  /** Every question before refinement: points [m, k] and margins [m], NaN where undefined, which counts as not holding. */
  readonly asked: { readonly theta: Float64Array; readonly margins: Float64Array };
  readonly evaluations: number;
  readonly undefinedPoints: number;
  /** Probability that the condition holds at a point of the box; undefined in one dimension. */
  readonly probability: ((theta: ArrayLike<number>) => number) | undefined;
  /** What is believed of the margin there, on a scale that is compressed but keeps its zero; undefined in one dimension. */
  readonly belief: ((theta: ArrayLike<number>) => Belief) | undefined;
}

const CANDIDATES = 512;
const JUDGED = 4096;
const RELEARN = 1.15;
/** Half the distance is gone forty times: 10⁻¹² of it is left. */
const HALVINGS = 40;
const SURE = 1.96;

/**
 * @param margin positive where the condition holds
 * @param box finite on all sides
 * @throws ARGUMENT for fewer than 8 questions; CANCELLED
 */
export async function findBoundary(
  margin: (theta: Vector) => number | Promise<number>,
  box: Box,
  options: BoundaryOptions = {},
): Promise<BoundaryResult> {
  const k = box.lower.length;
  const total = options.evaluations ?? (k === 1 ? 33 : 40 * k);
  if (!Number.isInteger(total) || total < 8)
    throw new TetradError("ARGUMENT", { op: "findBoundary", what: "too few evaluations", got: `${total}`, expected: "8 or more" });
  const cube: Vector[] = [];
  const margins: number[] = [];
  let evaluations = 0;
  const value = async (point: Vector): Promise<number> => {
    if (options.signal?.aborted === true)
      throw new TetradError("CANCELLED", { op: "findBoundary", what: "interrupted", got: `${evaluations} evaluations` });
    evaluations++;
    return margin(intoBox([point], box));
  };
  const ask = async (point: Vector): Promise<void> => {
    margins.push(await value(point));
    cube.push(point);
    options.onProgress?.(margins.length, total);
  };
  let process: GaussianProcess | undefined;
  if (k === 1) for (let i = 0; i < total; i++) await ask(Float64Array.of(i / (total - 1)));
  else process = await learn(cube, margins, ask, k, total, options.seed ?? 0);

  const crossings: Vector[] = [];
  for (const [inside, outside] of pairs(cube, margins, k, options.crossings ?? 32)) {
    let [yes, no] = [inside, outside];
    for (let step = 0; step < HALVINGS; step++) {
      const middle = yes.map((a, i) => (a + (no[i] as number)) / 2);
      if ((await value(middle)) > 0) yes = middle;
      else no = middle;
    }
    crossings.push(yes.map((a, i) => (a + (no[i] as number)) / 2));
  }
  const probability = process === undefined ? undefined : holds(process);
  const known = probability === undefined ? { ...shareBetween(margins, crossings), uncertain: 0 } : shareOf(probability, k);
  return {
    crossings: intoBox(crossings, box),
    ...known,
    asked: { theta: intoBox(cube, box), margins: Float64Array.from(margins) },
    evaluations,
    undefinedPoints: margins.filter((one) => !Number.isFinite(one)).length,
    probability: probability === undefined ? undefined : (theta) => probability(inCube(theta, box)),
    belief: process === undefined ? undefined : (theta) => (process as GaussianProcess).at(inCube(theta, box)),
  };
}

function inCube(theta: ArrayLike<number>, { lower, upper }: Box): Vector {
  return lower.map((low, i) => ((theta[i] as number) - low) / ((upper[i] as number) - low));
}

async function learn(cube: Vector[], margins: number[], ask: (point: Vector) => Promise<void>, k: number, total: number, seed: number) {
  const source = random(seed);
  for (const point of spread(Math.min(total, 4 + 4 * k), k, source)) await ask(point);
  let process = GaussianProcess.fit(cube, squashed(margins));
  let learnt = margins.length;
  while (margins.length < total) {
    const known = process;
    const chosen = spread(CANDIDATES, k, source)
      .map((point) => {
        const { mean, sd } = known.at(point);
        return { point, straddle: SURE * sd - Math.abs(mean) };
      })
      .reduce((a, b) => (b.straddle > a.straddle ? b : a));
    await ask(chosen.point);
    const y = squashed(margins);
    if (margins.length >= RELEARN * learnt || margins.length === total) {
      process = GaussianProcess.fit(cube, y, process.lengths);
      learnt = margins.length;
    } else process = GaussianProcess.condition(cube, y, process.lengths);
    await new Promise((resolve) => setTimeout(resolve)); // lets an interruption come in
  }
  return process;
}

/** Keeps the zero and the sign, and brings far margins near: only where it is zero matters. Undefined counts as surely not holding. */
function squashed(margins: readonly number[]): number[] {
  const sizes = margins
    .filter(Number.isFinite)
    .map(Math.abs)
    .sort((a, b) => a - b);
  const unit = sizes[Math.floor(sizes.length / 2)] || 1;
  return margins.map((one) => (Number.isFinite(one) ? Math.sign(one) * Math.log1p(Math.abs(one) / unit) : one === Infinity ? 1 : -1));
}

function holds(process: GaussianProcess): (point: ArrayLike<number>) => number {
  return (point) => {
    const { mean, sd } = process.at(point);
    return sd > 0 ? 0.5 * (1 + erf(mean / (sd * Math.SQRT2))) : mean > 0 ? 1 : 0;
  };
}

/** The mean probability, an error that takes neighbouring doubts as fully shared, and how much is in doubt. */
function shareOf(probability: (point: ArrayLike<number>) => number, k: number) {
  const points = spread(JUDGED, k, random(1));
  let [share, doubt, uncertain] = [0, 0, 0];
  for (const point of points) {
    const p = probability(point);
    share += p / JUDGED;
    doubt += Math.min(p, 1 - p) / JUDGED;
    if (p > 0.025 && p < 0.975) uncertain += 1 / JUDGED;
  }
  return { share, shareError: doubt, uncertain };
}

/** One dimension: the length of the pieces on which it holds. */
function shareBetween(margins: readonly number[], crossings: readonly Vector[]) {
  const ends = [0, ...crossings.map(([at = 0]) => at).sort((a, b) => a - b), 1];
  let share = 0;
  let now = (margins[0] as number) > 0;
  for (let i = 1; i < ends.length; i++) {
    if (now) share += (ends[i] as number) - (ends[i - 1] as number);
    now = !now;
  }
  return { share, shareError: 0 };
}

/** Neighbours of different truth: all of them along a line; in more dimensions each point with its nearest opposite, the closest pairs first. */
function pairs(cube: readonly Vector[], margins: readonly number[], k: number, most: number): [yes: Vector, no: Vector][] {
  const truth = margins.map((one) => one > 0);
  const pair = (i: number, j: number): [Vector, Vector] =>
    truth[i] ? [cube[i] as Vector, cube[j] as Vector] : [cube[j] as Vector, cube[i] as Vector];
  if (k === 1) return cube.slice(1).flatMap((_, i) => (truth[i] === truth[i + 1] ? [] : [pair(i, i + 1)]));
  const distance = (i: number, j: number): number => Math.hypot(...(cube[i] as Vector).map((a, axis) => a - (cube[j]?.[axis] as number)));
  const found = new Map<string, { i: number; j: number; d: number }>();
  cube.forEach((_, i) => {
    let nearest: { j: number; d: number } | undefined;
    cube.forEach((_, j) => {
      if (truth[i] === truth[j]) return;
      const d = distance(i, j);
      if (nearest === undefined || d < nearest.d) nearest = { j, d };
    });
    if (nearest === undefined) return;
    const { j, d } = nearest as { j: number; d: number };
    found.set(`${Math.min(i, j)},${Math.max(i, j)}`, { i, j, d });
  });
  return [...found.values()]
    .sort((a, b) => a.d - b.d)
    .slice(0, most)
    .map(({ i, j }) => pair(i, j));
}
