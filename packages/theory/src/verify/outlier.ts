/** The datum that lies furthest off, and how often the furthest of so many lies as far. */
import { incompleteGamma } from "../special.js";

export interface Outlier {
  /** Row of the largest whitened residual. */
  readonly row: number;
  readonly pull: number;
  /** P(max |z| ≥ this) for n independent standard normal numbers: Z. Šidák, J. Am. Stat. Assoc. 62 (1967) 626. */
  readonly pValue: number;
}

/** @param pulls whitened residuals, at least one */
export function largestOutlier(pulls: ArrayLike<number>): Outlier {
  let row = 0;
  for (let i = 1; i < pulls.length; i++) if (Math.abs(pulls[i] as number) > Math.abs(pulls[row] as number)) row = i;
  const pull = pulls[row] as number;
  const single = incompleteGamma(0.5, (pull * pull) / 2).upper;
  return { row, pull, pValue: -Math.expm1(pulls.length * Math.log1p(-single)) };
}
