/** Draws as numbers for people: means, quantiles, how far to trust them, and whether the chains agree at all. */
import { bulkEffectiveSize, deviationError, meanError, tailEffectiveSize, variance } from "./effective.js";
import { type Chains, pooled, quantile } from "./ranks.js";
import { rankRhat } from "./rhat.js";

/** One standard deviation of a Gaussian each way, and two: 2.275 %, 15.87 %, 50 %, 84.13 %, 97.72 %. */
export const SUMMARY_QUANTILES = [0.022750131948179195, 0.15865525393145707, 0.5, 0.8413447460685429, 0.9772498680518208] as const;

export interface QuantitySummary {
  readonly name: string;
  readonly mean: number;
  readonly sd: number;
  /** At `SUMMARY_QUANTILES`. */
  readonly quantiles: readonly number[];
  /** Standard errors of mean and sd. Null, like those below, where no chains were run or all draws are equal. */
  readonly mcseMean: number | null;
  readonly mcseSd: number | null;
  readonly rhat: number | null;
  readonly essBulk: number | null;
  readonly essTail: number | null;
}

export interface Verdict {
  readonly converged: boolean;
  /** Why not, in words; empty when converged. */
  readonly reasons: readonly string[];
}

/** Limits of A. Vehtari et al., Bayesian Analysis 16 (2021) 667, section 4. */
export const RHAT_LIMIT = 1.01;
export const ESS_LIMIT = 400;

/** @param chains draws of one quantity; a single chain is judged by its halves */
export function summarise(name: string, chains: Chains): QuantitySummary {
  const all = pooled(chains);
  const diagnosed = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return {
    ...moments(name, all),
    mcseMean: diagnosed(meanError(chains)),
    mcseSd: diagnosed(deviationError(chains)),
    rhat: diagnosed(rankRhat(chains)),
    essBulk: diagnosed(bulkEffectiveSize(chains)),
    essTail: diagnosed(tailEffectiveSize(chains)),
  };
}

/** As `summarise`, of independent draws: errors follow from their effective number alone. */
export function summariseDraws(name: string, draws: Float64Array, effective: number): QuantitySummary {
  const own = moments(name, draws);
  return { ...own, mcseMean: own.sd / Math.sqrt(effective), mcseSd: null, rhat: null, essBulk: effective, essTail: null };
}

function moments(name: string, all: Float64Array): Pick<QuantitySummary, "name" | "mean" | "sd" | "quantiles"> {
  const sorted = Float64Array.from(all).sort();
  return {
    name,
    mean: all.reduce((sum, value) => sum + value, 0) / all.length,
    sd: Math.sqrt(variance(all)),
    quantiles: SUMMARY_QUANTILES.map((probability) => quantile(sorted, probability)),
  };
}

/** Whether all quantities of chains have mixed: r̂ at most 1.01, and bulk and tail effective sizes of at least 400. */
export function judge(summaries: readonly QuantitySummary[]): Verdict {
  const reasons = summaries.flatMap(({ name, rhat, essBulk, essTail }) => {
    if (rhat === null || essBulk === null || essTail === null) return [`${name}: all draws are equal, or not finite`];
    const few = Math.min(essBulk, essTail);
    return [
      ...(rhat <= RHAT_LIMIT ? [] : [`${name}: r̂ = ${rhat.toFixed(3)}, above ${RHAT_LIMIT}: the chains disagree`]),
      ...(few >= ESS_LIMIT ? [] : [`${name}: ${Math.round(few)} effective draws, below ${ESS_LIMIT}`]),
    ];
  });
  return { converged: reasons.length === 0, reasons };
}
