/**
 * Prediction of data that a fit has not seen: the data in K parts, each predicted by a fit of the others. Where errors are correlated, what is predicted
 * is a part given the others (held-out.ts): the residuals of the others tell the common part of its errors, and without that a sum of squares would be no χ².
 */
import { TetradError } from "@tetrad/engine";
import { type FitResult, fitLikelihood } from "../fit.js";
import { createLikelihood, type FunctionEngine, type Likelihood } from "../likelihood.js";
import type { Observed } from "../likelihood-graph.js";
import { cholesky, choleskySolve, dot } from "../minimise/dense.js";
import { columnsOf } from "../observations.js";
import { tangentAt } from "../predict.js";
import { random } from "../random.js";
import { chiSquareSurvival } from "../special.js";
import type { DataSet, Theory } from "../theory.js";
import { asProbability, type Finding, outcomeOf, skipped } from "./finding.js";
import { givenOthers } from "./held-out.js";

export interface FoldPrediction {
  readonly folds: number;
  /** For each set, the part of each row [n]. */
  readonly foldOf: readonly (readonly number[])[];
  /** For each set, (y − prediction) over its predicted standard deviation [n]: variance 1 for a right theory, correlated within a part. */
  readonly pulls: readonly Float64Array[];
  /** Σ ln of each datum's predictive normal density. */
  readonly elpd: number;
  /** Σ over parts of rᵀV⁻¹r with all of a part's predictive covariance V: χ² of n degrees for each part of a linear theory. */
  readonly chi2: number;
  readonly n: number;
  /** Fits that left a parameter open, whose predictions have no variance of their own. */
  readonly open: number;
}

/** Why a theory's data cannot be taken apart; undefined where they can. */
export function whyNoFolds(observed: readonly Observed[]): string | undefined {
  if (observed.some(({ observations }) => observations.n < 2)) return "A data set of one datum cannot be taken apart.";
  if (observed.some(({ set }) => set.noise.kind !== "gaussian"))
    return "Only Gaussian errors are predicted part by part; leave-one-out above judges these.";
  if (observed.some(({ set }) => set.marginaliseScale))
    return "A marginalised factor is not predicted part by part; leave-one-out above judges these.";
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
  let [elpd, chi2, open] = [0, 0, 0];
  for (let fold = 0; fold < folds; fold++) {
    const kept = observed.map(({ set }, s) => keptSet(set, foldOf[s] as number[], fold));
    const likelihood = await createLikelihood(
      engine,
      { ...theory, ...(kept[0] as DataSet), name: theory.name, modelText: theory.modelText, sets: kept },
      Object.fromEntries(
        observed.map((one, s) => [one.set.name, columnsOf(one.set, one.observations, (row) => foldOf[s]?.[row] !== fold)]),
      ),
    );
    try {
      const fit = fitLikelihood(likelihood, { start });
      if (fit.covariance === null) open++;
      const part = predictPart(theory, fit, likelihood, observed, foldOf, fold);
      chi2 += part.chi2;
      for (const { set, row, pull, sd } of part.predicted) {
        (pulls[set] as Float64Array)[row] = pull;
        elpd -= 0.5 * pull * pull + Math.log(sd * Math.sqrt(2 * Math.PI));
      }
    } finally {
      likelihood.close();
    }
  }
  return { folds, foldOf, pulls, elpd, chi2, n, open };
}

/** A data set as the fit without a part sees it: its covariance without that part's rows and columns. */
function keptSet(set: DataSet, foldOf: readonly number[], fold: number): DataSet {
  const { covariance } = set.data;
  if (covariance === undefined) return set;
  const rows = foldOf.flatMap((own, row) => (own === fold ? [] : [row]));
  const size = rows.length;
  const values = new Float64Array(size * size);
  for (const [i, row] of rows.entries())
    for (const [j, column] of rows.entries()) values[i * size + j] = covariance.values[row * covariance.size + column] as number;
  return { ...set, data: { ...set.data, covariance: { ...covariance, size, values, place: (i) => covariance.place(rows[i] as number) } } };
}

interface Part {
  readonly predicted: readonly { readonly set: number; readonly row: number; readonly pull: number; readonly sd: number }[];
  readonly chi2: number;
}

/**
 * Residuals r of one part with covariance V = R + A Aᵀ: R is that of the errors given the others, A what fitted parameters and offsets add to all sets
 * at once. rᵀV⁻¹r is |r'|² − cᵀ(1 + A'ᵀA')⁻¹c with r', A' whitened by R and c = A'ᵀr' (M. A. Woodbury, 1950), so V is never formed.
 * C. Rasmussen, C. Williams, Gaussian Processes for Machine Learning, 2006, eq. 2.42: exact for theories that are linear in their parameters.
 */
function predictPart(
  theory: Theory,
  fit: FitResult,
  likelihood: Likelihood,
  observed: readonly Observed[],
  foldOf: readonly (readonly number[])[],
  fold: number,
): Part {
  const k = fit.covarianceOf.length;
  const root = fit.covariance === null ? undefined : cholesky(Float64Array.from(fit.covariance.flat()), k).lower;
  const offsets = observed.flatMap(({ set }, s) => (set.marginaliseOffset ? [s] : []));
  const width = (root === undefined ? 0 : k) + offsets.length;
  const gram = Float64Array.from({ length: width * width }, (_, e) => (e % (width + 1) === 0 ? 1 : 0));
  const along = new Float64Array(width);
  const predicted: Part["predicted"][number][] = [];
  let chi2 = 0;
  observed.forEach((one, s) => {
    const { observations, set } = one;
    const own = foldOf[s] as readonly number[];
    const held = own.flatMap((part, row) => (part === fold ? [row] : []));
    if (held.length === 0) return;
    const kept = own.flatMap((part, row) => (part === fold ? [] : [row]));
    const others = givenOthers(one, held, kept);
    const { offsetWeights, offsetInformation } = (likelihood.observed[s] as Observed).observations;
    const { value, slopes } = tangentAt(theory, fit, columnsOf(set, observations).columns, set.name);
    const columns: Float64Array[] = [];
    if (root !== undefined) {
      const moved = (slopes as readonly Float64Array[]).map((slope) => {
        // The fitted offset follows the parameters: by minus the kept data's mean slope.
        const mean = set.marginaliseOffset
          ? dot(
              offsetWeights,
              kept.map((row) => slope[row] as number),
            )
          : 0;
        return others.unexplained(slope.map((v) => v - mean));
      });
      for (let j = 0; j < k; j++)
        columns.push(
          moved[0]?.map((_, i) =>
            moved.reduce((sum, slope, p) => sum + (slope[i] as number) * (root[p * k + j] as number), 0),
          ) as Float64Array,
        );
    }
    for (const other of offsets) {
      const size = other === s ? 1 / Math.sqrt(offsetInformation) : 0;
      columns.push(others.unexplained(new Float64Array(observations.n).fill(size)));
    }
    const residual = others.unexplained(observations.y.map((y, row) => y - (value[row] as number)));
    held.forEach((row, i) => {
      const sd = Math.sqrt(columns.reduce((sum, column) => sum + (column[i] as number) ** 2, others.variance[i] as number));
      predicted.push({ set: s, row, pull: (residual[i] as number) / sd, sd });
    });
    const white = others.whiten(residual);
    const whiteColumns = columns.map(others.whiten);
    chi2 += dot(white, white);
    whiteColumns.forEach((a, i) => {
      along[i] = (along[i] as number) + dot(a, white);
      for (const [j, b] of whiteColumns.entries()) gram[i * width + j] = (gram[i * width + j] as number) + dot(a, b);
    });
  });
  const { lower } = cholesky(gram, width);
  return { predicted, chi2: chi2 - (lower === undefined ? 0 : dot(along, choleskySolve(lower, along, width))) };
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
