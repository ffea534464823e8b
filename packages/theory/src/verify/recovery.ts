/** Does a fit find what went in? Synthetic data from the best fit, fitted again: do the intervals hold the truth as often as they say? */
import { TetradError } from "@tetrad/engine";
import { type FitResult, fitLikelihood } from "../fit.js";
import { createLikelihood, type FunctionEngine, type TheoryData } from "../likelihood.js";
import { simulate } from "../simulate.js";
import { chiSquareSurvival, lnGamma } from "../special.js";
import type { Theory } from "../theory.js";
import { asProbability, type Finding, outcomeOf, skipped } from "./finding.js";

export interface RecoveredParameter {
  readonly name: string;
  readonly truth: number;
  /** Of the estimates. */
  readonly mean: number;
  /** (mean − truth) over its standard error if the uncertainties hold: standard normal. */
  readonly bias: number;
  /** Fits whose one- and two-sigma intervals hold the truth. */
  readonly within1: number;
  readonly within2: number;
  /** Two-sided probabilities of such counts where 68.27 % and 95.45 % are right, and of such a bias. */
  readonly p1: number;
  readonly p2: number;
  readonly pBias: number;
}

export interface Recovery {
  /** Fits with uncertainties, which the counts are of. */
  readonly fits: number;
  /** Fits that failed, ended at a bound or had no uncertainties. */
  readonly unusable: number;
  readonly parameters: readonly RecoveredParameter[];
}

/** P(|z| < 1) and P(|z| < 2). */
export const INTERVALS = [0.6826894921370859, 0.9544997361036416] as const;

/** Two-sided: all counts no more probable than this one. The exact test as SciPy and R have it. */
export function binomialProbability(successes: number, trials: number, p: number): number {
  const log = (k: number): number =>
    lnGamma(trials + 1) - lnGamma(k + 1) - lnGamma(trials - k + 1) + k * Math.log(p) + (trials - k) * Math.log1p(-p);
  const own = log(successes);
  let sum = 0;
  for (let k = 0; k <= trials; k++) if (log(k) <= own + 1e-7) sum += Math.exp(log(k));
  return Math.min(1, sum);
}

/**
 * @param fit of the data, whose parameters are the truth
 * @param count synthetic data sets
 * @throws ARGUMENT for a count below 2
 */
export async function recover(
  engine: FunctionEngine,
  theory: Theory,
  data: TheoryData | undefined,
  fit: FitResult,
  { count, seed = 0, onProgress }: { readonly count: number; readonly seed?: number; readonly onProgress?: (share: number) => void },
): Promise<Recovery> {
  if (!(Number.isInteger(count) && count >= 2))
    throw new TetradError("ARGUMENT", {
      op: "verify",
      what: "parameter recovery needs several synthetic data sets",
      got: `${count}`,
      expected: "2 or more",
    });
  const truth = Object.fromEntries(fit.parameters.map(({ name, value }) => [name, value]));
  const free = fit.parameters.filter(({ fixed }) => !fixed).map(({ name }) => name);
  const start = Object.fromEntries(free.map((name) => [name, truth[name] as number]));
  const factors = Object.fromEntries(fit.sets.flatMap(({ name, scale }) => (scale === null ? [] : [[name, scale.value]])));
  const found: { value: number; uncertainty: number }[][] = [];
  for (let i = 0; i < count; i++) {
    const likelihood = await createLikelihood(engine, theory, simulate(theory, data, { values: truth, factors, seed: seed + i }));
    try {
      const again = fitLikelihood(likelihood, { start });
      const own = free.map((name) => again.parameters.find((parameter) => parameter.name === name));
      if (again.converged && own.every((one) => one !== undefined && one.uncertainty !== null && one.atBound === null))
        found.push(own.map((one) => ({ value: one?.value as number, uncertainty: one?.uncertainty as number })));
    } finally {
      likelihood.close();
    }
    onProgress?.((i + 1) / count);
  }
  return {
    fits: found.length,
    unusable: count - found.length,
    parameters: free.map((name, i) =>
      recovered(
        name,
        truth[name] as number,
        found.map((one) => one[i] as { value: number; uncertainty: number }),
      ),
    ),
  };
}

function recovered(
  name: string,
  truth: number,
  found: readonly { readonly value: number; readonly uncertainty: number }[],
): RecoveredParameter {
  const n = found.length;
  const pulls = found.map(({ value, uncertainty }) => (value - truth) / uncertainty);
  const within = (limit: number): number => pulls.filter((pull) => Math.abs(pull) < limit).length;
  const bias = pulls.reduce((sum, pull) => sum + pull, 0) / Math.sqrt(n);
  const [within1, within2] = [within(1), within(2)];
  return {
    name,
    truth,
    mean: found.reduce((sum, { value }) => sum + value / n, 0),
    bias,
    within1,
    within2,
    p1: binomialProbability(within1, n, INTERVALS[0]),
    p2: binomialProbability(within2, n, INTERVALS[1]),
    pBias: chiSquareSurvival(bias * bias, 1),
  };
}

export function recoveryFinding({ fits, unusable, parameters }: Recovery): Finding {
  const [check, title] = ["recovery", "Parameter recovery"];
  const all = fits + unusable;
  if (fits < all / 2) {
    const numbers = { fits, unusable };
    if (fits === 0)
      return skipped(check, title, `None of ${all} synthetic data sets gave a fit with uncertainties: see the messages of the fit.`);
    return {
      check,
      title,
      outcome: "doubtful",
      verdict: `Only ${fits} of ${all} synthetic data sets gave a fit with uncertainties inside the bounds.`,
      numbers,
    };
  }
  // The smallest of 3k probabilities (Bonferroni), for one question is asked.
  const tests = parameters.flatMap(({ name, p1, p2, pBias, within1, within2, bias }) => [
    { p: p1, words: `${name}'s one-sigma intervals hold the truth in ${within1} of ${fits} fits` },
    { p: p2, words: `${name}'s two-sigma intervals hold the truth in ${within2} of ${fits} fits` },
    { p: pBias, words: `${name} comes out off by ${bias.toFixed(1)} standard errors` },
  ]);
  const worst = tests.reduce((least, test) => (test.p < least.p ? test : least));
  const p = Math.min(1, worst.p * tests.length);
  const coverage = (of: (one: RecoveredParameter) => number): number =>
    parameters.reduce((sum, one) => sum + of(one), 0) / (fits * parameters.length);
  const [one, two] = [coverage(({ within1 }) => within1), coverage(({ within2 }) => within2)];
  const shares = `one-sigma intervals held the truth in ${(100 * one).toFixed(0)} % (68 % is right), two-sigma intervals in ${(100 * two).toFixed(0)} % (95 %)`;
  const outcome = outcomeOf(p);
  const verdict = `In ${fits} fits of synthetic data ${shares}${outcome === "passed" ? "" : `; ${worst.words}`} (p = ${asProbability(p)} for the worst of ${tests.length} counts${unusable > 0 ? `; ${unusable} more fits had no uncertainties` : ""}).`;
  return { check, title, outcome, verdict, numbers: { fits, unusable, coverage1: one, coverage2: two, pValue: p } };
}
