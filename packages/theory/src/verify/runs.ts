/** Do residuals keep their sign for too long? A runs test sees a trend that χ² averages away. */
import { lnGamma } from "../special.js";

export interface RunsTest {
  /** Stretches of equal sign. */
  readonly runs: number;
  readonly positive: number;
  readonly negative: number;
  /** Mean number of runs of independent signs. */
  readonly expected: number;
  /** Two-sided: twice the smaller tail, at most 1. */
  readonly pValue: number;
  /** P(so few runs or fewer): small for trends. */
  readonly pFewer: number;
}

function logChoose(n: number, k: number): number {
  return k < 0 || k > n ? -Infinity : lnGamma(n + 1) - lnGamma(k + 1) - lnGamma(n - k + 1);
}

/** P(R = r) for a positive and b negative signs in random order. */
function probabilityOf(r: number, a: number, b: number): number {
  const half = r >> 1;
  const ways =
    r % 2 === 0
      ? 2 * Math.exp(logChoose(a - 1, half - 1) + logChoose(b - 1, half - 1) - logChoose(a + b, a))
      : Math.exp(logChoose(a - 1, half) + logChoose(b - 1, half - 1) - logChoose(a + b, a)) +
        Math.exp(logChoose(a - 1, half - 1) + logChoose(b - 1, half) - logChoose(a + b, a));
  return ways;
}

/**
 * A. Wald, J. Wolfowitz, Ann. Math. Stat. 11 (1940) 147: the exact distribution, for any number of data, given how many are above and below.
 * @param residuals in the order of the horizontal axis; zeros are left out
 * @returns undefined where all have one sign, for which the distribution has a single point
 */
export function runsTest(residuals: ArrayLike<number>): RunsTest | undefined {
  const signs = Array.from(residuals)
    .filter((value) => value !== 0)
    .map((value) => value > 0);
  const positive = signs.filter(Boolean).length;
  const negative = signs.length - positive;
  if (positive === 0 || negative === 0) return undefined;
  const runs = signs.reduce((count, sign, i) => count + (i === 0 || sign !== signs[i - 1] ? 1 : 0), 0);
  const most = 2 * Math.min(positive, negative) + (positive === negative ? 0 : 1);
  let [fewer, more] = [0, 0];
  for (let r = 2; r <= most; r++) {
    const p = probabilityOf(r, positive, negative);
    if (r <= runs) fewer += p;
    if (r >= runs) more += p;
  }
  const expected = 1 + (2 * positive * negative) / (positive + negative);
  return { runs, positive, negative, expected, pFewer: Math.min(1, fewer), pValue: Math.min(1, 2 * Math.min(fewer, more)) };
}
