/** Numbers by which fits are judged and compared. */

import { chiSquareSurvival } from "./special.js";

export interface Criteria {
  /** Data minus fitted numbers, a marginalised offset counted among them. */
  readonly dof: number;
  /** P(χ² > this χ²) if the theory is right and the errors are Gaussian; null without degrees of freedom. */
  readonly pValue: number | null;
  /**
   * χ² + 2k. The density's constant, ln det 2πC for Gaussian errors, is left out: it is the same for every theory of the same data and the same
   * law of errors. Between different laws it is not; `compareTheories` counts it there.
   */
  readonly aic: number;
  /** χ² + 2kn/(n − k − 1), null when n ≤ k + 1. */
  readonly aicc: number | null;
  /** χ² + k ln n. */
  readonly bic: number;
}

/**
 * @param n data points
 * @param k fitted numbers
 * Sources: H. Akaike, IEEE Trans. Autom. Control 19 (1974) 716; C. M. Hurvich, C.-L. Tsai, Biometrika 76 (1989) 297; G. Schwarz, Ann. Stat. 6 (1978) 461.
 */
export function criteria(chi2: number, n: number, k: number): Criteria {
  const dof = n - k;
  return {
    dof,
    pValue: dof > 0 ? chiSquareSurvival(chi2, dof) : null,
    aic: chi2 + 2 * k,
    aicc: n > k + 1 ? chi2 + (2 * k * n) / (n - k - 1) : null,
    bic: chi2 + k * Math.log(n),
  };
}

/** cov_ij / (σ_i σ_j) for a covariance [n, n], exactly 1 on the diagonal. */
export function correlationOf(covariance: Float64Array, n: number): Float64Array {
  return covariance.map((value, k) => {
    const i = Math.floor(k / n);
    const j = k % n;
    if (i === j) return 1;
    if (value === 0) return 0; // a constraint may leave a parameter no variance at all
    return value / Math.sqrt((covariance[i * n + i] as number) * (covariance[j * n + j] as number));
  });
}
