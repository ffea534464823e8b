/** What needs a posterior: chains with their verdict, leave-one-out, criteria, replicas. */
import { effectiveSize } from "../diagnose/effective.js";
import { splitChains } from "../diagnose/ranks.js";
import type { QuantitySummary } from "../diagnose/summary.js";
import { type FitResult, minusLogPrior } from "../fit.js";
import type { Likelihood } from "../likelihood.js";
import type { Vector } from "../minimise/dense.js";
import { coordinate, type SampleResult, sampleChains, summariseChains } from "../sample/sample.js";
import { chainTarget } from "../sample/theory-target.js";
import type { Finding } from "./finding.js";
import { dic, type LeaveOneOut, leaveOneOut, type PredictiveEstimate, waic } from "./information.js";
import { modelDraws, pointwiseDraws } from "./pointwise.js";
import { checkReplicas, replicaFindings } from "./predictive.js";

/** On the scale of −2 ln density, all of them: lower is better. */
export interface InformationCriteria {
  readonly aic: number;
  readonly bic: number;
  readonly dic: number;
  readonly waic: number;
  /** −2 elpd of PSIS-LOO, its standard error, its effective number of parameters. */
  readonly loo: number;
  readonly looError: number;
  readonly looParameters: number;
}

const CHAINS = 4;
/** Draws that replicas and leave-one-out use, spread over all: more would change their last digits alone. */
const MOST_DRAWS = 1000;
/** As many as it takes for a p-value below `FAILS_BELOW`, whatever the number of draws. */
const REPLICAS = 1000;

export interface JudgedPosterior {
  readonly findings: readonly Finding[];
  readonly summaries: readonly QuantitySummary[] | null;
  readonly information: InformationCriteria | null;
}

/** Chains, and where they have converged what they say. */
export function judgePosterior(
  likelihood: Likelihood,
  fit: FitResult,
  {
    draws,
    seed,
    onProgress,
  }: { readonly draws: number; readonly seed: number; readonly onProgress: (share: number, what: string) => void },
): JudgedPosterior {
  const sampled = summariseChains(
    likelihood,
    sampleChains(chainTarget(likelihood), {
      sampler: likelihood.constraints.length > 0 ? "metropolis" : "nuts",
      chains: CHAINS,
      warmup: draws,
      draws,
      seed,
      onProgress: ({ chain, done, total }) => {
        onProgress(0.1 + (0.4 * (chain + done / total)) / CHAINS, "posterior");
        return true;
      },
    }),
  );
  const [check, title] = ["posterior", "Posterior draws"];
  const worst = sampled.summaries.reduce((most, { rhat }) => Math.max(most, rhat ?? Number.POSITIVE_INFINITY), 0);
  const least = sampled.summaries.reduce(
    (few, { essBulk, essTail }) => Math.min(few, essBulk ?? 0, essTail ?? 0),
    Number.POSITIVE_INFINITY,
  );
  const numbers = { rhat: worst, effective: least };
  if (!sampled.verdict.converged) {
    const verdict = `Not converged: ${sampled.verdict.reasons.join("; ")}. What needs draws was left out; ask for more of them.`;
    return { findings: [{ check, title, outcome: "failed", verdict, numbers }], summaries: null, information: null };
  }
  const verdict = `${CHAINS} chains of ${draws} agree: r̂ at most ${worst.toFixed(3)}, at least ${Math.round(least)} effective draws.`;
  const thetas = spread(sampled, likelihood.parameters.length);
  onProgress(0.5, "leave-one-out");
  const models = modelDraws(likelihood, thetas);
  const pointwise = pointwiseDraws(models);
  const k = likelihood.parameters.length;
  const efficiency = likelihood.parameters.reduce((sum, _, i) => {
    const chains = coordinate(sampled.chains, k, i);
    return sum + effectiveSize(splitChains(chains)) / (chains.length * draws) / k;
  }, 0);
  // Thinned draws are less correlated, and never worth more than independent ones here.
  const loo = leaveOneOut(pointwise, Math.min(1, (efficiency * CHAINS * draws) / thetas.length));
  const logLikelihood = (theta: Vector): number => minusLogPrior(likelihood.parameters, theta) - likelihood.valueAndGradient(theta).value;
  const mean = Float64Array.from({ length: k }, (_, i) => sampled.summaries[i]?.mean as number);
  const deviance = dic(thetas.map(logLikelihood), logLikelihood(mean));
  const information = criteriaOf(fit, deviance.dic, waic(pointwise), loo, 2 * fit.minusLogLikelihood - fit.chi2);
  return {
    findings: [
      { check, title, outcome: "passed", verdict, numbers },
      looFinding(loo, likelihood, information),
      ...replicaFindings(checkReplicas(models, { replicas: REPLICAS, seed })),
    ],
    summaries: sampled.summaries,
    information,
  };
}

/** At most `MOST_DRAWS` of all draws, evenly. */
function spread({ chains }: SampleResult, k: number): Float64Array[] {
  const all = chains.flatMap(({ theta }) => Array.from({ length: theta.length / k }, (_, d) => theta.subarray(d * k, (d + 1) * k)));
  const stride = Math.ceil(all.length / MOST_DRAWS);
  return all.filter((_, i) => i % stride === 0);
}

/** AIC and BIC of fits leave out the data's own constant, which the others have: it is added, so that all are alike. */
function criteriaOf(fit: FitResult, deviance: number, wide: PredictiveEstimate, loo: LeaveOneOut, constant: number): InformationCriteria {
  return {
    aic: fit.aic + constant,
    bic: fit.bic + constant,
    dic: deviance,
    waic: -2 * wide.elpd,
    loo: -2 * loo.elpd,
    looError: 2 * loo.error,
    looParameters: loo.parameters,
  };
}

function looFinding(loo: LeaveOneOut, { observed }: Likelihood, criteria: InformationCriteria): Finding {
  const [check, title] = ["leave-one-out", "Each datum predicted by the others"];
  const worst = loo.k.reduce((most, k) => Math.max(most, k), -Infinity);
  const numbers = {
    elpd: loo.elpd,
    error: loo.error,
    parameters: loo.parameters,
    worstShape: Number.isFinite(worst) ? worst : null,
    untrusted: loo.untrusted.length,
    ...criteria,
  };
  const joined = observed.some(
    ({ set, observations }) => observations.whitening.kind === "full" || set.marginaliseOffset || set.marginaliseScale,
  );
  const given = joined ? "; LOO and WAIC take each datum given all others, so they compare with their like alone" : "";
  const what = `LOO = ${criteria.loo.toFixed(2)} ± ${criteria.looError.toFixed(2)}, WAIC = ${criteria.waic.toFixed(2)}, DIC = ${criteria.dic.toFixed(2)}, AIC = ${criteria.aic.toFixed(2)}, BIC = ${criteria.bic.toFixed(2)} (−2 ln density, lower is better${given}; for comparison with other theories of the same data); ${loo.parameters.toFixed(1)} effective parameters`;
  if (loo.untrusted.length === 0)
    return {
      check,
      title,
      outcome: "passed",
      verdict: `${what}. Every datum's Pareto shape is below ${loo.trustBelow.toFixed(2)} (largest ${worst.toFixed(2)}), so LOO can be trusted.`,
      numbers,
    };
  const places = observed.flatMap(({ observations }) => Array.from({ length: observations.n }, (_, row) => observations.place(row)));
  const named = loo.untrusted
    .slice(0, 3)
    .map((i) => places[i])
    .join(", ");
  const more = loo.untrusted.length > 3 ? ` and ${loo.untrusted.length - 3} more` : "";
  return {
    check,
    title,
    outcome: "doubtful",
    verdict: `${what}. The fit hangs on ${named}${more}: Pareto shape up to ${worst.toFixed(2)}, above ${loo.trustBelow.toFixed(2)}, so LOO is only rough.`,
    numbers,
  };
}
