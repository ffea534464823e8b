/** Effective sample sizes and Monte Carlo errors: A. Vehtari et al., Bayesian Analysis 16 (2021) 667, in the form that ArviZ and Stan's posterior share. */
import { type Chains, pooled, quantile, rankNormalised, splitChains } from "./ranks.js";

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

/** Σ(x − x̄)²/(n − 1). */
export function variance(values: ArrayLike<number>): number {
  const centre = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += ((values[i] as number) - centre) ** 2;
  return sum / (values.length - 1);
}

/** Autocovariances Σ (xᵢ − x̄)(xᵢ₊ₜ − x̄)/n, averaged over chains; computed lag by lag, since most chains need few. */
function autocovariance(chains: Chains): (lag: number) => number {
  const centred = chains.map((chain) => {
    const centre = mean(chain);
    return chain.map((value) => value - centre);
  });
  return (lag) => {
    let total = 0;
    for (const chain of centred) {
      let sum = 0;
      for (let i = lag; i < chain.length; i++) sum += (chain[i] as number) * (chain[i - lag] as number);
      total += sum / chain.length;
    }
    return total / centred.length;
  };
}

/**
 * S/τ with τ from autocorrelations over all chains, cut by Geyer's initial positive and monotone sequences (Vehtari et al., eq. 10 and 11).
 * Chains that never change have as many effective draws as draws.
 */
export function effectiveSize(chains: Chains): number {
  const m = chains.length;
  const n = (chains[0] as Float64Array).length;
  if (n < 4) return Number.NaN;
  const all = pooled(chains);
  if (!all.every(Number.isFinite)) return Number.NaN;
  // By equality, not by a smallest difference as ArviZ has it: a constant of 1e-52 in its unit varies as much as any.
  if (all.every((value) => value === all[0])) return m * n;
  const covariance = autocovariance(chains);
  const within = (covariance(0) * n) / (n - 1);
  const total = (within * (n - 1)) / n + (m > 1 ? variance(chains.map(mean)) : 0);
  const correlation = (lag: number): number => 1 - (within - covariance(lag)) / total;

  const rho = new Float64Array(n);
  let even = 1;
  let odd = correlation(1);
  rho[0] = even;
  rho[1] = odd;
  let t = 1;
  for (; t < n - 3 && even + odd > 0; t += 2) {
    even = correlation(t + 1);
    odd = correlation(t + 2);
    if (even + odd < 0) continue;
    rho[t + 1] = even;
    rho[t + 2] = odd;
  }
  const last = t - 2;
  if (even > 0) rho[last + 1] = even;
  for (let s = 1; s <= last - 2; s += 2) {
    const before = (rho[s - 1] as number) + (rho[s] as number);
    if ((rho[s + 1] as number) + (rho[s + 2] as number) > before) rho[s + 1] = rho[s + 2] = before / 2;
  }
  let tau = -1 + (rho[last + 1] as number);
  for (let s = 0; s <= last; s++) tau += 2 * (rho[s] as number);
  return (m * n) / Math.max(tau, 1 / Math.log10(m * n));
}

/** How many independent draws would tell the centre of the distribution as well: of the ranks, so that it exists for any distribution. */
export function bulkEffectiveSize(chains: Chains): number {
  return effectiveSize(rankNormalised(splitChains(chains)));
}

/** … and its 5 % and 95 % quantiles: the smaller one. */
export function tailEffectiveSize(chains: Chains): number {
  return Math.min(quantileEffectiveSize(chains, 0.05), quantileEffectiveSize(chains, 0.95));
}

/** … and one quantile: of the draws being below it or not. */
export function quantileEffectiveSize(chains: Chains, probability: number): number {
  const limit = quantile(pooled(chains).sort(), probability);
  return effectiveSize(splitChains(chains.map((chain) => chain.map((value) => (value <= limit ? 1 : 0)))));
}

/** Standard error of the mean of all draws. */
export function meanError(chains: Chains): number {
  return Math.sqrt(variance(pooled(chains)) / effectiveSize(splitChains(chains)));
}

/** Standard error of their standard deviation: from the effective size of (x − x̄)² (Vehtari et al., appendix A). */
export function deviationError(chains: Chains): number {
  const all = pooled(chains);
  const centre = mean(all);
  const squares = chains.map((chain) => chain.map((value) => (value - centre) ** 2));
  const square = mean(pooled(squares));
  const fourth = mean(pooled(squares).map((value) => value * value));
  return Math.sqrt((fourth - square * square) / effectiveSize(splitChains(squares)) / (4 * square));
}
