/**
 * Pareto-smoothed importance weights: the largest weights are replaced by quantiles of a generalised Pareto distribution fitted to them, whose
 * shape k says whether the weights can be trusted. A. Vehtari, D. Simpson, A. Gelman, Y. Yao, J. Gabry, J. Mach. Learn. Res. 25 (2024) 72, as ArviZ has it.
 */
import { logSumExp } from "../sample/log-sum.js";

export interface SmoothedWeights {
  /** ln of the weights [S], normalised to a sum of 1. */
  readonly logWeights: Float64Array;
  /** Shape of the tail; Infinity where it has fewer than five draws. */
  readonly k: number;
}

/** Double precision's smallest normal number: weights below it, relative to the largest, are no tail. */
const LOG_TINY = Math.log(2.2250738585072014e-308);
const FEWEST = 5;

/**
 * @param logRatios ln of raw importance ratios [S]
 * @param efficiency effective over actual draws; 1 for independent ones
 */
export function paretoSmooth(logRatios: Float64Array, efficiency = 1): SmoothedWeights {
  const count = logRatios.length;
  const largest = logRatios.reduce((most, value) => Math.max(most, value), -Infinity);
  const x = logRatios.map((value) => value - largest);
  const order = Uint32Array.from(x, (_, i) => i).sort((a, b) => (x[a] as number) - (x[b] as number));
  const tailLength = Math.ceil(Math.min(count / 5, 3 * Math.sqrt(count / efficiency)));
  const cutoff = Math.max(x[order[count - 1 - tailLength] as number] as number, LOG_TINY);
  // The order is rising, so the tail's draws are in order, too.
  const tail = order.filter((i) => (x[i] as number) > cutoff);
  let k = Number.POSITIVE_INFINITY;
  if (tail.length >= FEWEST) {
    const base = Math.exp(cutoff);
    const fitted = fitPareto(Float64Array.from(tail, (i) => Math.exp(x[i] as number) - base));
    k = fitted.k;
    if (Number.isFinite(k)) {
      tail.forEach((i, rank) => {
        const excess = paretoQuantile((rank + 0.5) / tail.length, k, fitted.sigma);
        x[i] = Math.min(0, Math.log(excess + base));
      });
    }
  }
  const total = logSumExp(x);
  return { logWeights: x.map((value) => value - total), k };
}

/**
 * Shape and scale of excesses over a threshold, rising: the posterior mean of J. Zhang, M. A. Stephens, Technometrics 51 (2009) 316, its shape drawn
 * to 0.5 by a prior worth ten draws (Vehtari et al., appendix G).
 */
export function fitPareto(excesses: Float64Array): { readonly k: number; readonly sigma: number } {
  const n = excesses.length;
  const points = 30 + Math.floor(Math.sqrt(n));
  const quartile = excesses[Math.floor(n / 4 + 0.5) - 1] as number;
  const largest = excesses[n - 1] as number;
  const b = Float64Array.from({ length: points }, (_, i) => (1 - Math.sqrt(points / (i + 0.5))) / (3 * quartile) + 1 / largest);
  const shapeAt = (at: number): number => excesses.reduce((sum, value) => sum + Math.log1p(-at * value), 0) / n;
  const logLikelihoods = b.map((at) => {
    const shape = shapeAt(at);
    return n * (Math.log(-(at / shape)) - shape - 1);
  });
  const total = logSumExp(logLikelihoods);
  const weights = logLikelihoods.map((value) => Math.exp(value - total)).map((weight) => (weight >= 10 * Number.EPSILON ? weight : 0));
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const best = b.reduce((mean, at, i) => mean + (at * (weights[i] as number)) / sum, 0);
  const shape = shapeAt(best);
  return { k: (n * shape + 5) / (n + 10), sigma: -shape / best };
}

function paretoQuantile(p: number, k: number, sigma: number): number {
  const unit = Math.abs(k) < Number.EPSILON ? -Math.log1p(-p) : Math.expm1(-k * Math.log1p(-p)) / k;
  return sigma * unit;
}
