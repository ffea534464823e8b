/** Prediction of data that a fit has not seen: the data in K parts, each predicted by a fit of the others. */
import { TetradError } from "@tetrad/engine";
import { fitLikelihood } from "../fit.js";
import { createLikelihood, type FunctionEngine } from "../likelihood.js";
import type { Observed } from "../likelihood-graph.js";
import { columnsOf } from "../observations.js";
import { predict } from "../predict.js";
import { random } from "../random.js";
import { chiSquareSurvival } from "../special.js";
import type { Theory } from "../theory.js";
import { asProbability, type Finding, outcomeOf, skipped } from "./finding.js";

export interface FoldPrediction {
  readonly folds: number;
  /** For each set, (y − prediction)/√(σ² + the prediction's variance) [n]: variance 1 for a right theory. */
  readonly pulls: readonly Float64Array[];
  /** Σ ln of the predictive normal density. */
  readonly elpd: number;
  readonly chi2: number;
  readonly n: number;
  /** Fits that left a parameter open, whose predictions have no variance of their own. */
  readonly open: number;
}

/** Why a theory's data cannot be taken apart; undefined where they can. */
export function whyNoFolds(observed: readonly Observed[]): string | undefined {
  if (observed.some(({ observations }) => observations.n < 2)) return "A data set of one datum cannot be taken apart.";
  if (observed.some(({ observations }) => observations.whitening.kind === "full"))
    return "Correlated data cannot be predicted part by part; leave-one-out above takes them given each other.";
  if (observed.some(({ set }) => set.noise.kind !== "gaussian"))
    return "Only Gaussian errors are predicted part by part; leave-one-out above judges these.";
  if (observed.some(({ set }) => set.marginaliseOffset || set.marginaliseScale))
    return "A marginalised offset or factor is not predicted part by part; leave-one-out above judges these.";
  return undefined;
}

/**
 * S. Geisser, J. Am. Stat. Assoc. 70 (1975) 320. Rows are dealt to folds at random, set by set.
 * @throws ARGUMENT for fewer than two folds, or more than data; where `whyNoFolds` gives a reason
 */
export async function predictFolds(
  engine: FunctionEngine,
  theory: Theory,
  observed: readonly Observed[],
  { folds, seed = 0, start = {} }: { readonly folds: number; readonly seed?: number; readonly start?: Readonly<Record<string, number>> },
): Promise<FoldPrediction> {
  const n = observed.reduce((sum, { observations }) => sum + observations.n, 0);
  const why = whyNoFolds(observed);
  if (why !== undefined) throw new TetradError("ARGUMENT", { op: "verify", what: why });
  if (!(Number.isInteger(folds) && folds >= 2 && folds <= n))
    throw new TetradError("ARGUMENT", {
      op: "verify",
      what: "the data do not go into so many parts",
      got: `${folds}`,
      expected: `2 to ${n}`,
    });
  const source = random(seed);
  const foldOf = observed.map(({ observations }) => dealt(observations.n, folds, source.next));
  const pulls = observed.map(({ observations }) => new Float64Array(observations.n));
  let elpd = 0;
  let open = 0;
  for (let fold = 0; fold < folds; fold++) {
    const likelihood = await createLikelihood(
      engine,
      theory,
      Object.fromEntries(
        observed.map((one, s) => [one.set.name, columnsOf(one.set, one.observations, (row) => foldOf[s]?.[row] !== fold)]),
      ),
    );
    try {
      const fit = fitLikelihood(likelihood, { start });
      if (fit.covariance === null) open++;
      observed.forEach((one, s) => {
        const held = Array.from({ length: one.observations.n }, (_, row) => row).filter((row) => foldOf[s]?.[row] === fold);
        if (held.length === 0) return;
        const { value, uncertainty } = predict(
          theory,
          fit,
          columnsOf(one.set, one.observations, (row) => foldOf[s]?.[row] === fold).columns,
          one.set.name,
        );
        held.forEach((row, i) => {
          const width = Math.hypot(one.observations.sigma[row] as number, uncertainty?.[i] ?? 0);
          const pull = ((one.observations.y[row] as number) - (value[i] as number)) / width;
          (pulls[s] as Float64Array)[row] = pull;
          elpd -= 0.5 * pull * pull + Math.log(width * Math.sqrt(2 * Math.PI));
        });
      });
    } finally {
      likelihood.close();
    }
  }
  return { folds, pulls, elpd, chi2: pulls.reduce((sum, own) => sum + own.reduce((all, pull) => all + pull * pull, 0), 0), n, open };
}

/** Numbers 0 … folds − 1, as equally often as can be, in random order (R. A. Fisher, F. Yates). */
function dealt(n: number, folds: number, next: () => number): number[] {
  const order = Array.from({ length: n }, (_, i) => i % folds);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

export function foldFinding({ folds, elpd, chi2, n, open }: FoldPrediction): Finding {
  if (open > 0)
    return noFolds(
      `Without a part of them the data leave parameters open, in ${open} of ${folds} parts: they are too few to be taken apart.`,
    );
  const pValue = chiSquareSurvival(chi2, n);
  const outcome = outcomeOf(pValue);
  const how = outcome === "passed" ? "the theory predicts what it has not seen" : "the theory describes data better than it predicts them";
  const verdict = `Each of ${folds} parts predicted by a fit of the others: mean squared error ${(chi2 / n).toFixed(2)} in units of its expectation (p = ${asProbability(pValue)}): ${how}.`;
  return {
    check: "folds",
    title: "Prediction of unseen data",
    outcome,
    verdict,
    numbers: { folds, elpd, chi2, meanSquare: chi2 / n, n, pValue },
  };
}

export function noFolds(why: string): Finding {
  return skipped("folds", "Prediction of unseen data", why);
}
