/** Everything that can be held against a theory, in one call: a fit, its posterior, and a finding for each check. */
import { TetradError } from "@tetrad/engine";
import { effectiveSize } from "../diagnose/effective.js";
import { splitChains } from "../diagnose/ranks.js";
import type { QuantitySummary } from "../diagnose/summary.js";
import { type FitResult, fitLikelihood, minusLogPrior } from "../fit.js";
import { createLikelihood, type FunctionEngine, type Likelihood, type TheoryData } from "../likelihood.js";
import type { Vector } from "../minimise/dense.js";
import { coordinate, type SampleResult, sampleChains, summariseChains } from "../sample/sample.js";
import { chainTarget } from "../sample/theory-target.js";
import type { Theory } from "../theory.js";
import { type Finding, type Outcome, skipped } from "./finding.js";
import { foldFinding, noFolds, predictFolds, whyNoFolds } from "./folds.js";
import { goodnessOfFit } from "./goodness.js";
import { checkGradients, gradientFinding } from "./gradients.js";
import { type Identifiability, identifiability, identifiabilityFinding, informationAt } from "./identifiability.js";
import { dic, type LeaveOneOut, leaveOneOut, type PredictiveEstimate, waic } from "./information.js";
import { checkLimit, limitFinding, noLimits, unitsFinding } from "./limits.js";
import { modelDraws, pointwiseDraws } from "./pointwise.js";
import { checkReplicas, replicaFindings } from "./predictive.js";
import { recover, recoveryFinding } from "./recovery.js";
import { residualFindings } from "./residuals.js";
import { tension, tensionFinding } from "./tension.js";

export interface VerifyOptions {
  /** Kept iterations of each of four chains; 1000 unless told; 0 leaves out what needs a posterior. */
  readonly draws?: number;
  /** The same seed gives the same findings; 0 unless told. */
  readonly seed?: number;
  /** Synthetic data sets to fit; 40 unless told; 0 leaves recovery out. */
  readonly fits?: number;
  /** Parts of the data, 5 unless told, no more than there are data; 0 leaves prediction out. */
  readonly folds?: number;
  readonly onProgress?: (share: number, what: string) => void;
}

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

/** Plain data throughout. */
export interface Verification {
  readonly theory: string;
  readonly title: string;
  readonly data: string;
  readonly n: number;
  /** The worst of the findings; what was skipped does not count. */
  readonly outcome: Exclude<Outcome, "skipped">;
  readonly findings: readonly Finding[];
  readonly fit: FitResult;
  readonly identifiability: Identifiability;
  /** Null without draws, or where chains have not converged. */
  readonly posterior: readonly QuantitySummary[] | null;
  readonly information: InformationCriteria | null;
}

const CHAINS = 4;
/** Draws that replicas and leave-one-out use, spread over all: more would change their last digits alone. */
const MOST_DRAWS = 1000;
/** As many as it takes for a p-value below `FAILS_BELOW`, whatever the number of draws. */
const REPLICAS = 1000;

/**
 * @param data may be left out where the theory names its files
 * @throws ARGUMENT for options out of range; otherwise as `fitTheory` and `sampleTheory`
 */
export async function verifyTheory(
  engine: FunctionEngine,
  theory: Theory,
  data?: TheoryData,
  options: VerifyOptions = {},
): Promise<Verification> {
  const { draws = 1000, seed = 0, fits = 40, folds = 5, onProgress = () => undefined } = options;
  for (const [name, value, least] of [
    ["draws", draws, 4],
    ["fits", fits, 2],
    ["folds", folds, 2],
  ] as const) {
    if (value === 0 || (Number.isInteger(value) && value >= least)) continue;
    throw new TetradError("ARGUMENT", {
      op: "verify",
      what: `${name} out of range`,
      got: `${value}`,
      expected: `0, or a whole number from ${least}`,
    });
  }
  onProgress(0, "fit");
  const likelihood = await createLikelihood(engine, theory, data);
  try {
    const fit = fitLikelihood(likelihood);
    const theta = Float64Array.from(likelihood.parameters, ({ name }) => fit.parameters.find((one) => one.name === name)?.value as number);
    const found = identifiability(informationAt(likelihood, theta), likelihood.parameters);
    const known = identifiabilityFinding(found);
    const scales = scalesOf(fit, likelihood);
    const limits = (theory.limits ?? []).map((limit) => limitFinding(checkLimit(theory, likelihood.observed, limit, theta, scales, seed)));
    const findings: Finding[] = [
      unitsFinding(theory),
      ...(limits.length === 0 ? [noLimits()] : limits),
      convergence(fit),
      goodnessOfFit(fit),
      ...residualFindings(likelihood.observed, fit),
      gradientFinding(checkGradients(likelihood, theta, scales, seed)),
      known,
    ];
    onProgress(0.1, "posterior");
    const judged =
      known.outcome === "failed"
        ? "The data leave parameters open, so there is no posterior to speak of."
        : draws === 0
          ? "No draws were asked for."
          : undefined;
    const posterior = judged === undefined ? judgePosterior(likelihood, fit, { draws, seed, onProgress }) : undefined;
    findings.push(...(posterior?.findings ?? [skipped("posterior", "Posterior draws", judged as string)]));
    const start = Object.fromEntries(likelihood.parameters.map(({ name }, i) => [name, theta[i] as number]));
    if (likelihood.observed.length > 1) {
      onProgress(0.55, "tension");
      findings.push(tensionFinding(await tension(engine, theory, likelihood.observed, start)));
    }
    onProgress(0.6, "prediction");
    const why =
      folds === 0
        ? "No folds were asked for."
        : known.outcome === "failed"
          ? "The data leave parameters open."
          : whyNoFolds(likelihood.observed);
    findings.push(
      why === undefined
        ? foldFinding(await predictFolds(engine, theory, likelihood.observed, { folds: Math.min(folds, likelihood.n), seed, start }))
        : noFolds(why),
    );
    onProgress(0.7, "recovery");
    findings.push(
      fits === 0 || known.outcome === "failed"
        ? skipped("recovery", "Parameter recovery", fits === 0 ? "No fits were asked for." : "The data leave parameters open.")
        : recoveryFinding(
            await recover(engine, theory, data, fit, {
              count: fits,
              seed,
              onProgress: (share) => onProgress(0.7 + 0.3 * share, "recovery"),
            }),
          ),
    );
    return {
      theory: theory.name,
      title: theory.title,
      data: fit.data,
      n: fit.n,
      outcome: worstOf(findings),
      findings,
      fit,
      identifiability: found,
      posterior: posterior?.summaries ?? null,
      information: posterior?.information ?? null,
    };
  } finally {
    likelihood.close();
  }
}

function worstOf(findings: readonly Finding[]): Verification["outcome"] {
  const has = (outcome: Outcome): boolean => findings.some((one) => one.outcome === outcome);
  return has("failed") ? "failed" : has("doubtful") ? "doubtful" : "passed";
}

function convergence({ converged, method, parameters }: FitResult): Finding {
  const [check, title] = ["fit", "Best fit"];
  const held = parameters.filter(({ atBound }) => atBound !== null);
  const numbers = { atBounds: held.length };
  if (!converged) return { check, title, outcome: "failed", verdict: `The search by ${method} has not ended at an optimum.`, numbers };
  if (held.length === 0) return { check, title, outcome: "passed", verdict: `Found by ${method}, inside all bounds.`, numbers };
  const where = held.map(({ name, atBound, value }) => `${name} at its ${atBound} bound ${value}`).join(", ");
  return { check, title, outcome: "doubtful", verdict: `Found by ${method}, with ${where}: the data would go further.`, numbers };
}

/** A step that matters for each parameter: its uncertainty, a part of its bounds, or of itself. */
function scalesOf(fit: FitResult, { parameters }: Likelihood): Float64Array {
  return Float64Array.from(parameters, ({ name, lower, upper }) => {
    const { uncertainty, value } = fit.parameters.find((one) => one.name === name) as FitResult["parameters"][number];
    const width = upper - lower;
    if (uncertainty !== null && uncertainty > 0) return Number.isFinite(width) ? Math.min(uncertainty, width / 10) : uncertainty;
    return Number.isFinite(width) ? width / 100 : Math.abs(value) / 100 || 0.01;
  });
}

interface JudgedPosterior {
  readonly findings: readonly Finding[];
  readonly summaries: readonly QuantitySummary[] | null;
  readonly information: InformationCriteria | null;
}

function judgePosterior(
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
