/** Everything that can be held against a theory, in one call: a fit, its posterior, and a finding for each check. */
import { TetradError } from "@tetrad/engine";
import type { QuantitySummary } from "../diagnose/summary.js";
import { type FitResult, fitLikelihood } from "../fit.js";
import { createLikelihood, type FunctionEngine, type Likelihood, type TheoryData } from "../likelihood.js";
import type { Matrix } from "../minimise/dense.js";
import type { Parameter, Theory } from "../theory.js";
import { type Finding, type Outcome, skipped } from "./finding.js";
import { foldFinding, noFolds, predictFolds, whyNoFolds } from "./folds.js";
import { goodnessOfFit } from "./goodness.js";
import { checkGradients, gradientFinding } from "./gradients.js";
import { type Identifiability, identifiability, identifiabilityFinding, informationAt } from "./identifiability.js";
import { checkLimit, limitFinding, noLimits, unitsFinding } from "./limits.js";
import { type InformationCriteria, judgePosterior } from "./posterior.js";
import { type Recovery, recover, recoveryFinding } from "./recovery.js";
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
  /** Null where no fits of synthetic data were made. */
  readonly recovery: Recovery | null;
}

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
    const information = informationAt(likelihood, theta);
    const found = identifiability(information, likelihood.parameters);
    const known = identifiabilityFinding(found, closedByPriors(information, likelihood.parameters));
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
    const recovery =
      fits === 0 || known.outcome === "failed"
        ? null
        : await recover(engine, theory, data, fit, {
            count: fits,
            seed,
            onProgress: (share) => onProgress(0.7 + 0.3 * share, "recovery"),
          });
    findings.push(
      recovery === null
        ? skipped("recovery", "Parameter recovery", fits === 0 ? "No fits were asked for." : "The data leave parameters open.")
        : recoveryFinding(recovery),
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
      recovery,
    };
  } finally {
    likelihood.close();
  }
}

/** Whether data and priors together leave nothing open. */
function closedByPriors(information: Matrix, parameters: readonly Parameter[]): boolean {
  const total = Float64Array.from(information);
  parameters.forEach(({ prior }, i) => {
    if (prior.kind === "normal") total[i * (parameters.length + 1)] = (total[i * (parameters.length + 1)] as number) + 1 / prior.sd ** 2;
  });
  const { unseen, degenerate } = identifiability(total, parameters);
  return unseen.length + degenerate.length === 0;
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
