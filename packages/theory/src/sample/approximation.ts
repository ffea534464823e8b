/** Simple distributions that stand for a posterior: drawn from, mapped back between the bounds, and held against the density itself by importance weights. */
import { type ChainTarget, refuseWalls } from "./chain.js";
import { ChainRandom } from "./chain-random.js";
import { CountedDensity, type LogDensity } from "./log-density.js";
import { Transform } from "./transform.js";

export interface ApproximationOptions {
  /** 4000 unless told. */
  readonly draws?: number;
  /** Integer from 0; 0 unless told. */
  readonly seed?: number;
  /** Where the search begins; the middle of the bounds unless told. θ [k]. */
  readonly start?: ArrayLike<number>;
}

export interface Approximation {
  /** Draws of the approximation, θ [n, k]. */
  readonly theta: Float64Array;
  /** ln p(θ) [n], of the density itself. */
  readonly logDensity: Float64Array;
  /** p/q [n] of sum 1. */
  readonly weights: Float64Array;
  /** 1/(n Σw²), 0 to 1: near 1 the approximation is the posterior, below 0.1 it is not. */
  readonly overlap: number;
  /** ln ∫p by importance sampling, and its standard deviation. */
  readonly logEvidence: number;
  readonly logEvidenceError: number;
  /** Whether the optimisation behind it ended at an optimum. */
  readonly converged: boolean;
  readonly calls: number;
  readonly undefinedCalls: number;
}

/** A Gaussian over unbounded coordinates: u = mean + root z. */
export interface Gaussian {
  readonly mean: Float64Array;
  /** Lower-triangular [k, k]. */
  readonly root: Float64Array;
}

/** The target as everything in this folder's approximations sees it. */
export class UnboundedTarget {
  readonly counted: CountedDensity;
  readonly transform: Transform;
  readonly density: LogDensity;

  constructor(target: ChainTarget) {
    refuseWalls(target, "an approximation");
    this.counted = new CountedDensity(target.density);
    this.transform = new Transform(target.supports);
    this.density = this.transform.unbounded(this.counted);
  }

  start(theta: ArrayLike<number> | undefined): Float64Array {
    const u = new Float64Array(this.density.dim);
    if (theta !== undefined) this.transform.unconstrain(theta, u);
    return u;
  }
}

/** root z into `out`. */
export function multiplyLower(root: Float64Array, z: ArrayLike<number>, out: Float64Array): void {
  const k = out.length;
  for (let i = 0; i < k; i++) {
    let sum = 0;
    for (let j = 0; j <= i; j++) sum += (root[i * k + j] as number) * (z[j] as number);
    out[i] = sum;
  }
}

/** Draws u of standard normal numbers z. @returns ln |du/dz| */
export type Push = (z: Float64Array, u: Float64Array) => number;

export function gaussianPush({ mean, root }: Gaussian): Push {
  const k = mean.length;
  let logRoot = 0;
  for (let i = 0; i < k; i++) logRoot += Math.log(root[i * k + i] as number);
  return (z, u) => {
    multiplyLower(root, z, u);
    for (let i = 0; i < k; i++) u[i] = (u[i] as number) + (mean[i] as number);
    return logRoot;
  };
}

/** Draws of an approximation, held against the density. */
export function drawFrom(
  { counted, transform, density }: UnboundedTarget,
  push: Push,
  { draws = 4000, seed = 0 }: ApproximationOptions,
  converged: boolean,
): Approximation {
  const k = density.dim;
  const random = new ChainRandom(seed, 0);
  const z = new Float64Array(k);
  const u = new Float64Array(k);
  const theta = new Float64Array(draws * k);
  const logDensity = new Float64Array(draws);
  const logRatio = new Float64Array(draws);
  for (let draw = 0; draw < draws; draw++) {
    random.begin(draw + 1);
    random.normals(z);
    const logStretch = push(z, u);
    let square = k * Math.log(2 * Math.PI);
    for (let i = 0; i < k; i++) square += (z[i] as number) ** 2;
    const value = density.logDensity(u);
    logDensity[draw] = value - transform.constrain(u, theta.subarray(draw * k, (draw + 1) * k));
    logRatio[draw] = value + square / 2 + logStretch;
  }
  const largest = logRatio.reduce((most, value) => Math.max(most, value), -Infinity);
  const raw = logRatio.map((value) => Math.exp(value - largest));
  const sum = raw.reduce((total, value) => total + value, 0);
  const weights = raw.map((value) => value / sum);
  const overlap = 1 / (draws * weights.reduce((total, w) => total + w * w, 0));
  return {
    theta,
    logDensity,
    weights,
    overlap,
    logEvidence: largest + Math.log(sum / draws),
    logEvidenceError: Math.sqrt((1 / overlap - 1) / draws),
    converged,
    calls: counted.calls,
    undefinedCalls: counted.undefinedCalls,
  };
}
