/** χ² of the best fit against its distribution: too large speaks against the theory or its errors, too small against the errors. */
import type { FitResult } from "../fit.js";
import { incompleteGamma } from "../special.js";
import { asProbability, type Finding, outcomeOf, skipped } from "./finding.js";

const CHECK = "chi-square";
const TITLE = "Distance from the data";

/** K. Pearson, Phil. Mag. 50 (1900) 157, as R. A. Fisher counted the degrees of freedom (J. R. Stat. Soc. 85 (1922) 87). */
export function goodnessOfFit(fit: Pick<FitResult, "chi2" | "dof" | "pValue" | "n" | "fitted">): Finding {
  const { chi2, dof, pValue } = fit;
  if (dof <= 0) return skipped(CHECK, TITLE, `${fit.n} data for ${fit.fitted} fitted numbers: any theory would meet them.`);
  if (pValue === null) return skipped(CHECK, TITLE, "This law of errors has no χ²; the replicated data below judge instead.");
  const below = incompleteGamma(dof / 2, chi2 / 2).lower;
  const numbers = { chi2, dof, reduced: chi2 / dof, pValue, pBelow: below };
  const what = `χ² = ${chi2.toFixed(2)} with ${dof} degrees of freedom, ${(chi2 / dof).toFixed(2)} each; a right theory exceeds that with p = ${asProbability(pValue)}`;
  if (below < pValue && outcomeOf(2 * below) !== "passed") {
    const verdict = `${what}: the data lie closer to the theory than their errors allow (p = ${asProbability(below)}), so the errors look too large.`;
    return { check: CHECK, title: TITLE, outcome: "doubtful", verdict, numbers };
  }
  const outcome = outcomeOf(pValue);
  const word = {
    passed: "theory and data agree within the errors",
    doubtful: "the data lie further away than one would like",
    failed: "the theory, or its errors, do not describe these data",
    skipped: "",
  }[outcome];
  return { check: CHECK, title: TITLE, outcome, verdict: `${what}: ${word}.`, numbers };
}
