/**
 * Variational inference with Gaussians: the mean and spread that maximise the evidence lower bound E_q[ln p] + entropy(q), over unbounded coordinates (A. Kucukelbir
 * et al., JMLR 18 (2017) 14). The expectation is taken over fixed draws, so that the bound is an ordinary function for L-BFGS and its optimum is found to
 * the last digits (R. Giordano, M. Ingram, T. Broderick, JMLR 25 (2024) 18).
 */
import { cholesky, solveLower } from "../minimise/dense.js";
import { lbfgs } from "../minimise/lbfgs.js";
import {
  type Approximation,
  type ApproximationOptions,
  drawFrom,
  type Gaussian,
  gaussianPush,
  multiplyLower,
  UnboundedTarget,
} from "./approximation.js";
import type { ChainTarget } from "./chain.js";
import { ChainRandom } from "./chain-random.js";
import { fitFlow } from "./flow.js";

export interface VariationalOptions extends ApproximationOptions {
  /** `mean-field`: independent coordinates; `full-rank`, the default: with correlations; `flow`: a full-rank Gaussian bent by a normalising flow (flow.ts). */
  readonly family?: "mean-field" | "full-rank" | "flow";
  /** Fixed draws, even; 64 or 8 k, whichever is more, unless told. */
  readonly fixedDraws?: number;
}

export interface VariationalResult extends Approximation {
  /** The evidence lower bound: over the fixed draws, or for a flow over the last quarter of its steps. */
  readonly elbo: number;
}

/** @throws DATA when the density is not finite around the start */
export function variational(target: ChainTarget, options: VariationalOptions = {}): VariationalResult {
  const unbounded = new UnboundedTarget(target);
  const { gaussian, elbo, converged } = fitGaussian(unbounded, options);
  if (options.family !== "flow") return { ...drawFrom(unbounded, gaussianPush(gaussian), options, converged), elbo };
  const flow = fitFlow(unbounded.density, gaussian, options.seed ?? 0);
  return { ...drawFrom(unbounded, flow.push, options, converged), elbo: flow.elbo };
}

function fitGaussian(unbounded: UnboundedTarget, options: VariationalOptions): { gaussian: Gaussian; elbo: number; converged: boolean } {
  const { density } = unbounded;
  const k = density.dim;
  const full = options.family !== "mean-field";
  const noise = standardDraws(options.fixedDraws ?? Math.max(64, 8 * k), k, options.seed ?? 0);
  const count = noise.length;
  const gaussian: Gaussian = { mean: new Float64Array(k), root: new Float64Array(k * k) };
  // Parameters: the mean [k], the logarithms of the root's diagonal [k], and for full rank its lower triangle row by row.
  const size = 2 * k + (full ? (k * (k - 1)) / 2 : 0);
  const unpack = (parameters: ArrayLike<number>): void => {
    let at = 2 * k;
    for (let i = 0; i < k; i++) {
      gaussian.mean[i] = parameters[i] as number;
      gaussian.root[i * k + i] = Math.exp(parameters[k + i] as number);
      if (full) for (let j = 0; j < i; j++) gaussian.root[i * k + j] = parameters[at++] as number;
    }
  };
  const u = new Float64Array(k);
  const slope = new Float64Array(k);
  const minusBound = (parameters: Float64Array) => {
    unpack(parameters);
    const gradient = new Float64Array(size);
    let value = -(k / 2) * Math.log(2 * Math.PI * Math.E);
    for (let i = 0; i < k; i++) {
      value -= parameters[k + i] as number;
      gradient[k + i] = -1;
    }
    for (const z of noise) {
      multiplyLower(gaussian.root, z, u);
      for (let i = 0; i < k; i++) u[i] = (u[i] as number) + (gaussian.mean[i] as number);
      value -= density.logDensity(u, slope) / count;
      let at = 2 * k;
      for (let i = 0; i < k; i++) {
        const share = (slope[i] as number) / count;
        gradient[i] = (gradient[i] as number) - share;
        gradient[k + i] = (gradient[k + i] as number) - share * (z[i] as number) * (gaussian.root[i * k + i] as number);
        if (full) for (let j = 0; j < i; j++) gradient[at] = (gradient[at++] as number) - share * (z[j] as number);
      }
    }
    return { value, gradient };
  };
  const start = new Float64Array(size);
  start.set(unbounded.start(options.start));
  start.fill(Math.log(0.1), k, 2 * k); // narrow, so that the first draws lie where the density is defined
  const found = lbfgs(minusBound, start, { valueTolerance: 1e-12, gradientTolerance: 1e-8, maxEvaluations: 5000 });
  unpack(found.theta);
  return { gaussian, elbo: -found.value, converged: found.status !== "evaluations" };
}

/** Normal draws in opposite pairs whose mean is exactly 0 and covariance exactly 1: a Gaussian posterior is then found exactly. */
function standardDraws(count: number, k: number, seed: number): Float64Array[] {
  const random = new ChainRandom(seed, 1);
  random.begin(0);
  const half = Array.from({ length: Math.max(k + 1, count >> 1) }, () => {
    const z = new Float64Array(k);
    random.normals(z);
    return z;
  });
  const second = new Float64Array(k * k);
  for (const z of half)
    for (let i = 0; i < k; i++)
      for (let j = 0; j < k; j++) second[i * k + j] = (second[i * k + j] as number) + ((z[i] as number) * (z[j] as number)) / half.length;
  const { lower } = cholesky(second, k);
  const whitened = lower === undefined ? half : half.map((z) => solveLower(lower, z, k));
  return whitened.flatMap((z) => [z, z.map((value) => -value)]);
}
