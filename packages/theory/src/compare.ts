/** Which of several theories the same data prefer, in numbers and in words with a source. */

import { TetradError } from "@tetrad/engine";
import type { FitResult } from "./fit.js";
import type { SetFit } from "./set-fit.js";
import { formatNoise } from "./theory.js";

export interface Ranked {
  readonly theory: string;
  readonly value: number;
  /** Above the best. */
  readonly delta: number;
  /** exp(−Δ/2), normalised over the theories compared. */
  readonly weight: number;
  /** How the data speak for this theory. */
  readonly verdict: string;
}

export interface Comparison {
  /** Best first. */
  readonly aic: readonly Ranked[];
  readonly bic: readonly Ranked[];
  /** Sentences for a reader: what is preferred by each criterion, how strongly, and whether they agree. */
  readonly summary: readonly string[];
}

/** K. P. Burnham, D. R. Anderson, Model Selection and Multimodel Inference, 2nd ed. (2002), p. 70; the gaps they leave take the milder word. */
function aicVerdict(delta: number): string {
  if (delta === 0) return "preferred";
  if (delta <= 2) return "about as well supported";
  if (delta < 4) return "somewhat less supported";
  if (delta <= 10) return "considerably less supported";
  return "essentially unsupported";
}

/** R. E. Kass, A. E. Raftery, J. Am. Stat. Assoc. 90 (1995) 773, p. 777: evidence of the best against this one. */
function bicVerdict(delta: number): string {
  if (delta === 0) return "preferred";
  if (delta < 2) return "evidence against it not worth more than a mention";
  if (delta < 6) return "positive evidence against it";
  if (delta <= 10) return "strong evidence against it";
  return "very strong evidence against it";
}

/**
 * Theories that assume different laws of errors are compared by their whole densities: χ² leaves out a constant that is another for each law.
 * @throws ARGUMENT for fewer than two fits, two of one name, or fits to different data: their criteria cannot be compared
 */
export function compareTheories(fits: readonly FitResult[]): Comparison {
  const [first] = fits;
  if (first === undefined || fits.length < 2)
    throw new TetradError("ARGUMENT", {
      op: "compareTheories",
      what: "nothing to compare",
      got: `${fits.length} fits`,
      expected: "two or more",
    });
  for (const fit of fits) {
    const same =
      fit.n === first.n &&
      fit.sets.length === first.sets.length &&
      fit.sets.every(({ points: { y, sigma }, noise, normalisation }, s) => {
        const other = first.sets[s] as SetFit;
        return (
          y.every((value, i) => value === other.points.y[i]) &&
          sigma.every((value, i) => value === other.points.sigma[i]) &&
          // Of one law of errors and one diagonal, but with another covariance.
          (formatNoise(noise) !== formatNoise(other.noise) || normalisation === other.normalisation)
        );
      });
    if (!same) {
      throw new TetradError("ARGUMENT", {
        op: "compareTheories",
        what: `${fit.theory} and ${first.theory} were fitted to different data`,
        got: `${fit.n} and ${first.n} data`,
        expected: "the same values and errors",
      });
    }
  }
  const twice = fits.find(({ theory }, i) => fits.some((other, j) => j < i && other.theory === theory));
  if (twice !== undefined)
    throw new TetradError("ARGUMENT", {
      op: "compareTheories",
      what: `two theories are called ${twice.theory}`,
      hint: "give each a `name` of its own",
    });
  const laws = fits.map(({ sets }) => sets.map(({ noise }) => formatNoise(noise)).join(", "));
  const oneLaw = laws.every((law) => law === laws[0]);
  const constant = ({ sets }: FitResult): number => (oneLaw ? 0 : sets.reduce((sum, { normalisation }) => sum + normalisation, 0));
  const aic = ranked(fits, (fit) => fit.aic + constant(fit), aicVerdict);
  const bic = ranked(fits, (fit) => fit.bic + constant(fit), bicVerdict);
  const told = summary(fits, aic, bic);
  if (!oneLaw)
    told.push(
      `The theories assume different laws of errors (${fits.map(({ theory }, i) => `${theory}: ${laws[i]}`).join("; ")}), so AIC and BIC stand on whole densities here, not on χ².`,
    );
  return { aic, bic, summary: told };
}

function ranked(fits: readonly FitResult[], criterion: (fit: FitResult) => number, verdict: (delta: number) => string): Ranked[] {
  const best = Math.min(...fits.map(criterion));
  const total = fits.reduce((sum, fit) => sum + Math.exp((best - criterion(fit)) / 2), 0);
  return fits
    .map((fit) => {
      const delta = criterion(fit) - best;
      return { theory: fit.theory, value: criterion(fit), delta, weight: Math.exp(-delta / 2) / total, verdict: verdict(delta) };
    })
    .sort((a, b) => a.delta - b.delta);
}

function summary(fits: readonly FitResult[], aic: readonly Ranked[], bic: readonly Ranked[]): string[] {
  const sentences = [sentence("AIC", aic), sentence("BIC", bic)];
  const [byAic, byBic] = [aic[0] as Ranked, bic[0] as Ranked];
  const rival = Math.min((aic[1] as Ranked).delta, (bic[1] as Ranked).delta);
  if (byAic.theory !== byBic.theory)
    sentences.push(
      `The two criteria disagree (BIC punishes parameters harder): the data do not decide between ${byAic.theory} and ${byBic.theory}.`,
    );
  else if (rival < 2) sentences.push(`${byAic.theory} is ahead, but by less than 2: the data do not decide.`);
  for (const fit of fits) {
    if (!fit.converged) sentences.push(`${fit.theory} has not converged; its numbers are no basis for a comparison.`);
    else if (fit.pValue !== null && fit.pValue < 0.01)
      sentences.push(`${fit.theory} does not describe the data (p = ${fit.pValue.toPrecision(2)}), whatever its rank.`);
    else if (fit.pValue !== null && fit.pValue > 0.99)
      sentences.push(
        `${fit.theory} fits better than errors of this size allow (p = ${fit.pValue.toPrecision(3)}): the errors may be overestimated or correlated.`,
      );
  }
  return sentences;
}

function sentence(criterion: string, ranks: readonly Ranked[]): string {
  const [best, ...others] = ranks as [Ranked, ...Ranked[]];
  return `${criterion} prefers ${best.theory}; ${others.map((one) => `${one.theory} is ${one.delta.toFixed(2)} behind (${one.verdict})`).join("; ")}.`;
}
