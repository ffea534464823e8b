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
import { piecesInside, spreadInside } from "./allowed.js";
import { type Belief, GaussianProcess } from "./gaussian-process.js";
import { intoBox } from "./region.js";

export interface BoundaryOptions {
  /** Questions before crossings are refined; 33 in one dimension and 40 a dimension in more, unless told. */
  readonly evaluations?: number;
  /** How many points of the boundary are refined, each by about 40 questions more; 32 unless told. */
  readonly crossings?: number;
  readonly seed?: number;
  /** Which points of the box are explored, such as those that keep a theory's constraints; all of them unless told. Nothing is asked elsewhere. */
  readonly inside?: (theta: Vector) => boolean;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface BoundaryResult {
  /** Points where the condition changes [c, k], each to a part in 10¹² of the box; where it merely ends at what is not inside is none. */
  readonly crossings: Float64Array;
  /** Share of the box that is inside: 1 unless `inside` was given, and then as found by Sobol' points in more than one dimension. */
  readonly allowed: number;
  /** Share of what is inside where it holds; in more than one dimension as the process believes, with one standard error of that belief. */
  readonly share: number;
  readonly shareError: number;
  /** Share of what is inside where its truth is not known to 95 %; 0 in one dimension. */
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
 * @throws ARGUMENT for fewer than 8 questions; DATA where too little of the box is inside; CANCELLED
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
  const questions = new Questions(margin, box, total, options);
  const { cube, margins } = questions;
  const { crossings, process, ...shares } =
    k === 1 ? await alongLine(questions, total) : await inMoreDimensions(questions, total, k, options);
  const probability = process === undefined ? undefined : holds(process);
  return {
    crossings: intoBox(crossings, box),
    ...shares,
    asked: { theta: intoBox(cube, box), margins: Float64Array.from(margins) },
    evaluations: questions.evaluations,
    undefinedPoints: margins.filter((one) => !Number.isFinite(one)).length,
    probability: probability === undefined ? undefined : (theta) => probability(inCube(theta, box)),
    belief: process === undefined ? undefined : (theta) => process.at(inCube(theta, box)),
  };
}

type Found = Pick<BoundaryResult, "allowed" | "share" | "shareError" | "uncertain"> & {
  readonly crossings: readonly Vector[];
  readonly process: GaussianProcess | undefined;
};

/** What was asked so far, in the unit cube. */
class Questions {
  readonly cube: Vector[] = [];
  readonly margins: number[] = [];
  evaluations = 0;

  constructor(
    private readonly margin: (theta: Vector) => number | Promise<number>,
    private readonly box: Box,
    private readonly total: number,
    private readonly options: BoundaryOptions,
  ) {}

  inside(point: Vector): boolean {
    return this.options.inside?.(intoBox([point], this.box)) !== false;
  }

  async ask(point: Vector): Promise<void> {
    this.margins.push(await this.#value(point));
    this.cube.push(point);
    this.options.onProgress?.(Math.min(this.margins.length, this.total), this.total);
  }

  /** Between a point where it holds and one where it does not. Not a crossing where the truth ends at what is not inside. */
  async refine(yes: Vector, no: Vector): Promise<{ at: Vector; crosses: boolean }> {
    for (let step = 0; step < HALVINGS; step++) {
      const middle = between(yes, no);
      if (this.inside(middle) && (await this.#value(middle)) > 0) yes = middle;
      else no = middle;
    }
    return { at: between(yes, no), crosses: this.inside(no) };
  }

  async #value(point: Vector): Promise<number> {
    if (this.options.signal?.aborted === true)
      throw new TetradError("CANCELLED", { op: "findBoundary", what: "interrupted", got: `${this.evaluations} evaluations` });
    this.evaluations++;
    return this.margin(intoBox([point], this.box));
  }
}

function between(a: Vector, b: Vector): Vector {
  return a.map((from, i) => (from + (b[i] as number)) / 2);
}

async function alongLine(questions: Questions, total: number): Promise<Found> {
  const crossings: Vector[] = [];
  let [allowed, holding] = [0, 0];
  for (const piece of piecesInside((point) => questions.inside(point), total, HALVINGS)) {
    const first = questions.margins.length;
    for (const point of piece) await questions.ask(point);
    const truth = questions.margins.slice(first).map((margin) => margin > 0);
    for (const [i, low] of piece.slice(0, -1).entries()) {
      const high = piece[i + 1] as Vector;
      const length = (high[0] as number) - (low[0] as number);
      allowed += length;
      if (truth[i] === truth[i + 1]) holding += truth[i] ? length : 0;
      else {
        const [yes, no] = truth[i] ? [low, high] : [high, low];
        const { at, crosses } = await questions.refine(yes, no);
        if (crosses) crossings.push(at);
        holding += Math.abs((at[0] as number) - (yes[0] as number));
      }
    }
  }
  return { crossings, allowed, share: holding / allowed, shareError: 0, uncertain: 0, process: undefined };
}

async function inMoreDimensions(questions: Questions, total: number, k: number, options: BoundaryOptions): Promise<Found> {
  const source = random(options.seed ?? 0);
  const initial = Math.min(total, 4 + 4 * k);
  const { cube, margins } = questions;
  const ask = (point: Vector): Promise<void> => questions.ask(point);
  let [judged, allowed] = [[] as Vector[], 1];
  let process: GaussianProcess;
  if (options.inside === undefined) {
    process = await learn(cube, margins, ask, spread(initial, k, source), () => spread(CANDIDATES, k, source), total);
    judged = spread(JUDGED, k, random(1));
  } else {
    const inside = spreadInside((point) => questions.inside(point), k, total, random(1));
    judged = inside.points;
    allowed = inside.share;
    // A process cannot be conditioned on two equal points, so none is a candidate again.
    const candidates = (): Vector[] => {
      const asked = new Set(cube);
      const open = judged.filter((point) => !asked.has(point));
      return Array.from({ length: CANDIDATES }, () => open[Math.floor(source.next() * open.length)] as Vector);
    };
    process = await learn(cube, margins, ask, judged.slice(0, initial), candidates, total);
  }
  const crossings: Vector[] = [];
  for (const [yes, no] of pairs(cube, margins, options.crossings ?? 32)) {
    const { at, crosses } = await questions.refine(yes, no);
    if (crosses) crossings.push(at);
  }
  return { crossings, allowed, ...shareOf(holds(process), judged), process };
}

function inCube(theta: ArrayLike<number>, { lower, upper }: Box): Vector {
  return lower.map((low, i) => ((theta[i] as number) - low) / ((upper[i] as number) - low));
}

async function learn(
  cube: readonly Vector[],
  margins: readonly number[],
  ask: (point: Vector) => Promise<void>,
  first: readonly Vector[],
  candidates: () => Vector[],
  total: number,
): Promise<GaussianProcess> {
  for (const point of first) await ask(point);
  let process = GaussianProcess.fit(cube, squashed(margins));
  let learnt = margins.length;
  while (margins.length < total) {
    const known = process;
    const chosen = candidates()
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
function shareOf(probability: (point: ArrayLike<number>) => number, points: readonly Vector[]) {
  const part = 1 / points.length;
  let [share, doubt, uncertain] = [0, 0, 0];
  for (const point of points) {
    const p = probability(point);
    share += p * part;
    doubt += Math.min(p, 1 - p) * part;
    if (p > 0.025 && p < 0.975) uncertain += part;
  }
  return { share, shareError: doubt, uncertain };
}

/** Each point with its nearest of other truth, the closest pairs first. */
function pairs(cube: readonly Vector[], margins: readonly number[], most: number): [yes: Vector, no: Vector][] {
  const truth = margins.map((one) => one > 0);
  const pair = (i: number, j: number): [Vector, Vector] =>
    truth[i] ? [cube[i] as Vector, cube[j] as Vector] : [cube[j] as Vector, cube[i] as Vector];
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
