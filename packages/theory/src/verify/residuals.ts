/** Three looks at the whitened residuals of one data set: signs in a row, shape, the furthest one. */
import { TetradError } from "@tetrad/engine";
import type { FitResult } from "../fit.js";
import type { Observed } from "../likelihood-graph.js";
import { asProbability, type Finding, outcomeOf, skipped } from "./finding.js";
import { andersonDarling } from "./normality.js";
import { largestOutlier } from "./outlier.js";
import { runsTest } from "./runs.js";

/** Rows in the order of the first x column. */
function alongAxis({ set, observations }: Observed): number[] {
  const axis = observations.x[set.data.x[0] as string] as Float64Array;
  return Array.from(axis, (_, i) => i).sort((a, b) => (axis[a] as number) - (axis[b] as number));
}

/**
 * @param pulls of `fit.sets`, whitened by the covariance: independent with variance 1 for a right theory, but for what the fit takes away
 * @throws ARGUMENT for a fit of other data
 */
export function residualFindings(observed: readonly Observed[], fit: Pick<FitResult, "sets" | "dof">): Finding[] {
  return observed.flatMap((one, s) => {
    const pulls = fit.sets[s]?.points.pulls;
    if (pulls === undefined || pulls.length !== one.observations.n)
      throw new TetradError("ARGUMENT", {
        op: "verify",
        what: "the fit is of other data",
        expected: `${one.observations.n} residuals of ${one.set.name}`,
      });
    const where = observed.length > 1 ? ` of ${one.set.name}` : "";
    const normal = one.set.noise.kind === "gaussian";
    if (fit.dof <= 0) return [skipped("residuals", `Residuals${where}`, "As many fitted numbers as data leave no residuals to judge.")];
    const notNormal = "These errors are not Gaussian; the replicated data judge instead.";
    return [
      signs(
        alongAxis(one).map((row) => pulls[row] as number),
        where,
        one.set.data.x[0] as string,
      ),
      normal ? shape(pulls, where) : skipped("normality", `Shape of the residuals${where}`, notNormal),
      normal ? furthest(pulls, where, one) : skipped("outlier", `Furthest datum${where}`, notNormal),
    ];
  });
}

function signs(pulls: readonly number[], where: string, axis: string): Finding {
  const [check, title] = ["runs", `Trends in the residuals${where}`];
  const test = runsTest(pulls);
  if (test === undefined) {
    const count = pulls.filter((pull) => pull !== 0).length;
    if (count < 2) return skipped(check, title, "Too few residuals for a trend.");
    // Signs of independent residuals are fair coins.
    const pValue = 2 ** (1 - count);
    const verdict = `All ${count} residuals have the same sign (p = ${asProbability(pValue)}).`;
    return { check, title, outcome: outcomeOf(pValue), verdict, numbers: { runs: 1, pValue } };
  }
  const { runs, expected, pValue, pFewer, positive, negative } = test;
  const outcome = outcomeOf(pValue);
  const how =
    outcome === "passed"
      ? "no trend is seen"
      : pFewer < 0.5
        ? "neighbours err together, as where the theory has the wrong shape"
        : "neighbours err in turn";
  const verdict = `Along ${axis} the residuals change sign into ${runs} runs where ${expected.toFixed(1)} are expected (p = ${asProbability(pValue)}): ${how}.`;
  return { check, title, outcome, verdict, numbers: { runs, expected, positive, negative, pValue } };
}

function shape(pulls: readonly number[], where: string): Finding {
  const [check, title] = ["normality", `Shape of the residuals${where}`];
  const test = andersonDarling(pulls);
  if (test === undefined) return skipped(check, title, "Fewer than eight different residuals have no shape to speak of.");
  const outcome = outcomeOf(test.pValue);
  const how = outcome === "passed" ? "they may be normal" : "they are not normal, so the errors are not what the likelihood takes them for";
  const verdict = `Whitened residuals: Anderson and Darling's A² = ${test.statistic.toFixed(3)} (p = ${asProbability(test.pValue)}): ${how}.`;
  return { check, title, outcome, verdict, numbers: { statistic: test.statistic, pValue: test.pValue } };
}

function furthest(pulls: readonly number[], where: string, { observations }: Observed): Finding {
  const { row, pull, pValue } = largestOutlier(pulls);
  const outcome = outcomeOf(pValue);
  const place = observations.whitening.kind === "full" ? `Row ${row + 1}, given those above it,` : observations.place(row);
  const how = outcome === "passed" ? "as far as the furthest of so many goes" : "further than chance takes one of so many";
  const verdict = `${place} lies furthest, ${pull.toFixed(2)} standard deviations off (p = ${asProbability(pValue)} among ${pulls.length}): ${how}.`;
  return { check: "outlier", title: `Furthest datum${where}`, outcome, verdict, numbers: { row: row + 1, pull, pValue } };
}
