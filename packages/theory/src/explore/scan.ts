/** Scans: the likelihood and derived quantities of a theory over a grid, a Latin hypercube or Sobol' points of its parameters. */

import { TetradError } from "@tetrad/engine";
import type { Box } from "../minimise/bounds.js";
import { SOBOL_DIMENSIONS, sobol } from "../minimise/sobol.js";
import { latinHypercube, random } from "../random.js";
import type { PointBatch } from "./batch.js";
import { exploredBox, intoBox, type Ranges } from "./region.js";

export const SCAN_DESIGNS = ["grid", "lhs", "sobol"] as const;
/** `grid` has both ends of every range; `lhs` is a Latin hypercube; `sobol` a sequence of low discrepancy, shifted digitally by the seed. */
export type ScanDesign = (typeof SCAN_DESIGNS)[number];

export interface ScanOptions {
  readonly design: ScanDesign;
  /** How many; a grid takes the largest number a parameter whose product does not exceed it. */
  readonly points: number;
  /** Of `lhs` and `sobol`; 0 unless told. */
  readonly seed?: number;
  readonly ranges?: Ranges;
  /** Called a few times a second. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface ScanResult {
  readonly design: ScanDesign;
  readonly names: readonly string[];
  readonly box: Box;
  /** Points along each parameter of a grid; null for other designs. */
  readonly perAxis: number | null;
  /** Points [m, k], row-major; of a grid the last parameter changes fastest. */
  readonly theta: Float64Array;
  /** ln of the likelihood [m], without priors. */
  readonly logLikelihood: Float64Array;
  readonly derived: readonly { readonly name: string; readonly values: Float64Array }[];
  /** Row of the largest likelihood. */
  readonly best: number;
  /** Points where the theory gives no finite likelihood. */
  readonly undefinedPoints: number;
  readonly seconds: number;
}

const MOST_POINTS = 20_000_000;
/** Between two looks at progress and interruption. */
const SLICE_MS = 100;

/**
 * @throws ARGUMENT as `exploredBox`, or for a number of points that the design cannot have; DATA where no point has a likelihood; CANCELLED when interrupted
 */
export async function scan(batch: PointBatch, options: ScanOptions): Promise<ScanResult> {
  const begin = performance.now();
  const { theory, parameters } = batch;
  const k = parameters.length;
  const box = exploredBox(theory, options.ranges);
  const { points, perAxis } = designPoints(options, k);
  const theta = intoBox(points, box);
  const m = points.length;
  const logLikelihood = new Float64Array(m);
  const derived = theory.derived.map(({ name }) => ({ name, values: new Float64Array(m) }));
  let size = batch.block;
  for (let first = 0; first < m; ) {
    if (options.signal?.aborted === true)
      throw new TetradError("CANCELLED", { op: "scan", what: "interrupted", got: `${first} of ${m} points` });
    const count = Math.min(size, m - first);
    const before = performance.now();
    const part = batch.evaluate(theta.subarray(first * k, (first + count) * k));
    const took = performance.now() - before;
    logLikelihood.set(part.logLikelihood, first);
    for (const [d, values] of part.derived.entries()) derived[d]?.values.set(values, first);
    first += count;
    size = batch.block * Math.max(1, Math.round((size / batch.block) * Math.min(4, SLICE_MS / Math.max(took, 0.1))));
    options.onProgress?.(first, m);
    await new Promise((resolve) => setTimeout(resolve));
  }
  let best = -1;
  let undefinedPoints = 0;
  logLikelihood.forEach((value, i) => {
    if (!Number.isFinite(value)) undefinedPoints++;
    else if (best < 0 || value > (logLikelihood[best] as number)) best = i;
  });
  if (best < 0)
    throw new TetradError("DATA", {
      op: theory.name,
      what: "the theory has no finite likelihood at any point of the scan",
      got: `${m} points`,
      at: theory.at,
      hint: "move the ranges to where the model is defined at every datum",
    });
  return {
    design: options.design,
    names: parameters.map(({ name }) => name),
    box,
    perAxis,
    theta,
    logLikelihood,
    derived,
    best,
    undefinedPoints,
    seconds: (performance.now() - begin) / 1000,
  };
}

/** Points in the unit cube. */
function designPoints({ design, points, seed }: ScanOptions, k: number): { points: Float64Array[]; perAxis: number | null } {
  if (!Number.isInteger(points) || points < 1 || points > MOST_POINTS)
    throw new TetradError("ARGUMENT", { op: "scan", what: "a wrong number of points", got: `${points}`, expected: `1 to ${MOST_POINTS}` });
  if (design === "lhs") return { points: latinHypercube(points, k, random(seed ?? 0)), perAxis: null };
  if (design === "sobol") {
    if (k > SOBOL_DIMENSIONS)
      throw new TetradError("ARGUMENT", {
        op: "scan",
        what: "too many free parameters for Sobol' points",
        got: `${k}`,
        expected: `at most ${SOBOL_DIMENSIONS}`,
        hint: "use a Latin hypercube",
      });
    return { points: sobol(points, k, random(seed ?? 0)), perAxis: null };
  }
  const perAxis = Math.floor(points ** (1 / k) + 1e-9);
  if (perAxis < 2)
    throw new TetradError("ARGUMENT", {
      op: "scan",
      what: `a grid over ${k} parameters needs two points along each`,
      got: `${points} points`,
      expected: `at least ${2 ** k}`,
      hint: "ask for more points, or take sobol or lhs",
    });
  return { points: gridPoints(perAxis, k), perAxis };
}

function gridPoints(perAxis: number, k: number): Float64Array[] {
  return Array.from({ length: perAxis ** k }, (_, row) => {
    const point = new Float64Array(k);
    for (let axis = k - 1, rest = row; axis >= 0; axis--, rest = Math.floor(rest / perAxis)) point[axis] = (rest % perAxis) / (perAxis - 1);
    return point;
  });
}
