/** How sure a robust fit is if its loss is a tool and no law of nature: the scatter of the data themselves decides, not the loss. */

import type { Likelihood } from "./likelihood.js";
import { lossesOf } from "./likelihood-graph.js";
import { type Matrix, multiplyMatrix, type Vector } from "./minimise/dense.js";

/**
 * n/(n − k) H⁻¹ (Σ ψᵢ² JᵢJᵢᵀ) H⁻¹ over the free parameters, with ψ = ρ′ and H the Hessian of Σ ρ: right for many independent data whatever their
 * law. A normal prior counts as a datum of known error. P. J. Huber, Proc. 5th Berkeley Symp. 1 (1967) 221; the factor for few data:
 * J. G. MacKinnon, H. White, J. Econometrics 29 (1985) 305.
 * @param free indices of the k parameters that `covariance`, H⁻¹ [k, k], is about
 * @returns undefined for no more data than parameters
 */
export function sandwichCovariance(likelihood: Likelihood, theta: Vector, free: readonly number[], covariance: Matrix): Matrix | undefined {
  const { n } = likelihood;
  const k = free.length;
  if (n <= k) return undefined;
  const { residuals, jacobian } = likelihood.pulls(theta);
  const width = theta.length;
  const losses = lossesOf(likelihood.observed);
  const scores = new Float64Array(k * k);
  residuals.forEach((z, row) => {
    const score = row < n ? (losses[row]?.weight(z) ?? 1) * z : 1;
    for (const [a, i] of free.entries())
      for (const [b, j] of free.entries())
        scores[a * k + b] =
          (scores[a * k + b] as number) + score * score * (jacobian[row * width + i] as number) * (jacobian[row * width + j] as number);
  });
  return multiplyMatrix(multiplyMatrix(covariance, scores, k), covariance, k).map((value) => (value * n) / (n - k));
}
