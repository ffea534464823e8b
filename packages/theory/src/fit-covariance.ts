/** The covariance of a best fit, and where there is none the words that say which parameters the data leave open. */

import { tangentCovariance } from "./constraints.js";
import { eigenSymmetric, invertPositiveDefinite, type Matrix } from "./minimise/dense.js";
import type { Optimum } from "./optimum.js";
import type { Parameter } from "./theory.js";

/** Inverse Hessian over the parameters inside their bounds; where there is none, says which combination the data leave open. */
export function covarianceOf(
  optimum: Optimum,
  free: readonly number[],
  parameters: readonly Parameter[],
  messages: string[],
): Matrix | undefined {
  const k = parameters.length;
  const n = free.length;
  const { constraints, slopes } = optimum.held;
  const hessian = Float64Array.from(
    { length: n * n },
    (_, e) => optimum.hessian[(free[Math.floor(e / n)] as number) * k + (free[e % n] as number)] as number,
  );
  if (constraints.length > 0) {
    const texts = constraints.map(({ text }) => text).join(", ");
    const covariance = tangentCovariance(
      hessian,
      Float64Array.from({ length: constraints.length * n }, (_, e) => slopes[Math.floor(e / n) * k + (free[e % n] as number)] as number),
      n,
    );
    messages.push(
      covariance === undefined
        ? `The best fit stands at the constraint ${texts}, which leaves the data no direction to determine: no uncertainties are given.`
        : `The best fit stands at the constraint ${texts}: uncertainties hold along it, and across it there are no symmetric ones.`,
    );
    return covariance;
  }
  const covariance = invertPositiveDefinite(hessian, n);
  if (covariance !== undefined) return covariance;
  messages.push(
    `The Hessian is not positive definite at the best fit, so no uncertainties are given: ${openDirection(hessian, free, parameters)}`,
  );
  return undefined;
}

/** Names the eigenvector of the smallest eigenvalue, in units of each parameter's own curvature. */
function openDirection(hessian: Matrix, free: readonly number[], parameters: readonly Parameter[]): string {
  const n = free.length;
  const name = (i: number): string => (parameters[free[i] as number] as Parameter).name;
  for (let i = 0; i < n; i++) {
    if (hessian[i * n + i] === 0) return `the data do not depend on ${name(i)}.`;
    if (!Number.isFinite(hessian[i * n + i])) return `the second derivative by ${name(i)} is not finite.`;
  }
  const scale = Float64Array.from({ length: n }, (_, i) => 1 / Math.sqrt(Math.abs(hessian[i * n + i] as number)));
  const { vectors } = eigenSymmetric(
    hessian.map((value, e) => value * (scale[Math.floor(e / n)] as number) * (scale[e % n] as number)),
    n,
  );
  const weights = Array.from({ length: n }, (_, i) => (vectors[i * n] as number) * (scale[i] as number));
  const largest = Math.max(...weights.map(Math.abs));
  const shares = weights
    .map((weight, i) => ({ name: name(i), share: weight / largest, relative: Math.abs(vectors[i * n] as number) }))
    .filter((part) => part.relative > 0.05);
  if (shares.length === 1) return `the data do not determine ${shares[0]?.name}.`;
  return `the data do not determine ${shares.map(({ name: one }) => one).join(" and ")} separately (moving them by ${shares.map((part) => `${part.name}: ${part.share.toPrecision(3)}`).join(", ")} changes nothing).`;
}
