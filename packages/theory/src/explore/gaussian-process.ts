/**
 * Gaussian processes in float64: what is known of a function after a few values of it. Matérn covariance with ν = 5/2 and a length for each
 * coordinate, amplitude and mean integrated out of the maximum likelihood in closed form: C. Rasmussen, C. Williams, Gaussian Processes for
 * Machine Learning, 2006, eqs. 2.25, 2.26, 4.17; T. Santner, B. Williams, W. Notz, Design and Analysis of Computer Experiments, 2003, 3.3.
 */

import { TetradError } from "@tetrad/engine";
import { cholesky, choleskySolve, dot, type Matrix, solveLower, type Vector } from "../minimise/dense.js";
import { nelderMead } from "../minimise/nelder-mead.js";

/** Added to the diagonal of the correlations: keeps them positive definite, and bends the mean by a hundred-millionth of the amplitude. */
export const NUGGET = 1e-8;
/** Lengths in units of the cube's side. */
const SHORTEST = 0.02;
const LONGEST = 20;

export interface Belief {
  readonly mean: number;
  /** One standard deviation of the function itself. */
  readonly sd: number;
}

export class GaussianProcess {
  private constructor(
    private readonly x: readonly Vector[],
    /** Correlation length along each coordinate. */
    readonly lengths: Vector,
    /** Standard deviation before anything is known. */
    readonly amplitude: number,
    readonly mean: number,
    /** ln of the likelihood of the values, with the best mean and amplitude. */
    readonly logLikelihood: number,
    private readonly lower: Matrix,
    private readonly weights: Vector,
  ) {}

  /**
   * With lengths that are known.
   * @param x n points; @param y their values
   * @throws ARGUMENT for fewer than two points, other numbers of points and values, or values that are not finite; DATA where points coincide
   */
  static condition(x: readonly Vector[], y: ArrayLike<number>, lengths: ArrayLike<number>): GaussianProcess {
    const made = conditioned(x, y, Float64Array.from(lengths));
    if (made === undefined)
      throw new TetradError("DATA", {
        op: "GaussianProcess",
        what: "the points are not far enough from each other",
        got: `${x.length} points`,
      });
    return new GaussianProcess(x, Float64Array.from(lengths), made.amplitude, made.mean, made.logLikelihood, made.lower, made.weights);
  }

  /** With the most likely lengths. @param start of the search; half the cube's side unless told. Throws as `condition`. */
  static fit(x: readonly Vector[], y: ArrayLike<number>, start?: ArrayLike<number>): GaussianProcess {
    const k = x[0]?.length ?? 0;
    const first = Float64Array.from({ length: k }, (_, i) => Math.log(start?.[i] ?? 0.5));
    const { theta } = nelderMead((logs) => -(conditioned(x, y, logs.map(Math.exp))?.logLikelihood ?? -Infinity), first, {
      lower: new Float64Array(k).fill(Math.log(SHORTEST)),
      upper: new Float64Array(k).fill(Math.log(LONGEST)),
      scale: new Float64Array(k).fill(0.7),
      tolerance: 1e-3,
      maxEvaluations: 60 * k,
    });
    return GaussianProcess.condition(x, y, theta.map(Math.exp));
  }

  at(point: ArrayLike<number>): Belief {
    const n = this.x.length;
    const r = Float64Array.from(this.x, (other) => correlation(point, other, this.lengths));
    const half = solveLower(this.lower, r, n);
    return { mean: this.mean + dot(r, this.weights), sd: this.amplitude * Math.sqrt(Math.max(0, 1 - dot(half, half))) };
  }
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>, lengths: Vector): number {
  let square = 0;
  for (let i = 0; i < lengths.length; i++) square += (((a[i] as number) - (b[i] as number)) / (lengths[i] as number)) ** 2;
  const r = Math.sqrt(5 * square);
  return (1 + r + (5 * square) / 3) * Math.exp(-r);
}

function conditioned(x: readonly Vector[], y: ArrayLike<number>, lengths: Vector) {
  const n = x.length;
  if (n < 2 || y.length !== n || !Array.from(y).every(Number.isFinite))
    throw new TetradError("ARGUMENT", {
      op: "GaussianProcess",
      what: "no values to learn from",
      got: `${n} points and ${y.length} values`,
      expected: "at least two points, and a finite value for each",
    });
  const c = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) c[i * n + j] = correlation(x[i] as Vector, x[j] as Vector, lengths);
    c[i * n + i] = 1 + NUGGET;
  }
  const { lower } = cholesky(c, n);
  if (lower === undefined) return undefined;
  const ones = new Float64Array(n).fill(1);
  const solved = choleskySolve(lower, ones, n);
  const mean = dot(solved, y) / dot(solved, ones);
  const rest = Float64Array.from(y, (value) => value - mean);
  const weights = choleskySolve(lower, rest, n);
  // Equal values leave no amplitude: the smallest one keeps the rest defined.
  const variance = Math.max(dot(rest, weights) / n, 1e-300);
  let logLikelihood = -0.5 * n * (Math.log(2 * Math.PI * variance) + 1);
  for (let i = 0; i < n; i++) logLikelihood -= Math.log(lower[i * n + i] as number);
  return { lower, weights, mean, amplitude: Math.sqrt(variance), logLikelihood };
}
