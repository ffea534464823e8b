/** r̂, the factor by which more draws could still narrow a distribution: A. Vehtari et al., Bayesian Analysis 16 (2021) 667. */
import { variance } from "./effective.js";
import { type Chains, pooled, quantile, rankNormalised, splitChains } from "./ranks.js";

/** √((B/W + n − 1)/n) with B and W the variances between and within chains (Vehtari et al., eq. 1 to 4). */
export function potentialScaleReduction(chains: Chains): number {
  const n = (chains[0] as Float64Array).length;
  const means = chains.map((chain) => chain.reduce((sum, value) => sum + value, 0) / n);
  const between = n * variance(means);
  const within = chains.reduce((sum, chain) => sum + variance(chain), 0) / chains.length;
  return Math.sqrt((between / within + n - 1) / n);
}

/** The larger one of split r̂ of ranks and of ranks of distances from the median: chains must agree in location and in scale. NaN for draws that are all equal. */
export function rankRhat(chains: Chains): number {
  const halves = splitChains(chains);
  const median = quantile(pooled(halves).sort(), 0.5);
  const folded = halves.map((half) => half.map((value) => Math.abs(value - median)));
  return Math.max(potentialScaleReduction(rankNormalised(halves)), potentialScaleReduction(rankNormalised(folded)));
}
