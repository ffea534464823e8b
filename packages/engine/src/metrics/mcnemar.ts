/** Whether one classifier is right more often than another on the same examples: Q. McNemar's test (1947), as statsmodels computes it. */
import { TetradError } from "../errors.js";
import { erfc } from "../special.js";

export interface McNemar {
  /** Examples that the first alone has right */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** The smaller of them where the test is exact, else χ² with one degree of freedom and a correction for continuity */
  readonly statistic: number;
  /** How often they would differ so much if both were equally good */
  readonly p: number;
  /** By the binomial distribution, which few examples need */
  readonly exact: boolean;
}

/** From so many examples that only one has right, χ² comes near. */
const ENOUGH = 25;

/** @param first which examples the first has right; @param second likewise. @throws TetradError SHAPE */
export function mcnemar(first: ArrayLike<boolean>, second: ArrayLike<boolean>): McNemar {
  if (first.length !== second.length)
    throw new TetradError("SHAPE", { op: "mcnemar", what: "the lists differ in length", got: `${first.length} and ${second.length}` });
  let [onlyFirst, onlySecond] = [0, 0];
  for (let i = 0; i < first.length; i++) {
    onlyFirst += Number(first[i] && !second[i]);
    onlySecond += Number(second[i] && !first[i]);
  }
  const differing = onlyFirst + onlySecond;
  if (differing < ENOUGH) {
    const statistic = Math.min(onlyFirst, onlySecond);
    return { onlyFirst, onlySecond, statistic, p: Math.min(1, 2 * atMost(statistic, differing)), exact: true };
  }
  const statistic = (Math.abs(onlyFirst - onlySecond) - 1) ** 2 / differing;
  return { onlyFirst, onlySecond, statistic, p: erfc(Math.sqrt(statistic / 2)), exact: false };
}

/** Probability of at most `k` heads of `n`. */
function atMost(k: number, n: number): number {
  let [sum, ways] = [0, 1];
  for (let i = 0; i <= k; i++) {
    sum += ways;
    ways *= (n - i) / (i + 1);
  }
  return sum / 2 ** n;
}
