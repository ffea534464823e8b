/** Determinants by LU factors: as sign and logarithm, as logarithm, and plain. */

import type { Tensor } from "../tensor.js";
import { apply, constant } from "../trace.js";
import { abs } from "./abs.js";
import { arange } from "./arange.js";
import { broadcastTo } from "./broadcastTo.js";
import { cholesky } from "./cholesky.js";
import { withGradient } from "./customGradient.js";
import { diagonal } from "./diagonal.js";
import { equal } from "./equal.js";
import { exp } from "./exp.js";
import { expandDims } from "./expandDims.js";
import { eye } from "./eye.js";
import { less } from "./less.js";
import { log } from "./log.js";
import { luFactor } from "./luFactor.js";
import { luSolveOp } from "./luSolve.js";
import { mul } from "./mul.js";
import { prod } from "./prod.js";
import { sign } from "./sign.js";
import { stopGradient } from "./stopGradient.js";
import { sum } from "./sum.js";
import { where } from "./where.js";

/** d log|det A| = tr(A⁻¹ dA), from the factors at hand. */
function inverseTransposed(a: Tensor, lu: Tensor, pivots: Tensor): Tensor {
  const n = a.shape[a.rank - 1] as number;
  return apply(luSolveOp, [a, lu, pivots, broadcastTo(eye(n, n, a.dtype), a.shape)], { transpose: true });
}

/**
 * Sign (−1, 0, 1) and logarithm of the absolute determinant, which does not overflow: (…, n, n) gives two of (…).
 * A singular matrix has sign 0 and logarithm −∞, and no finite gradient.
 */
export function slogdet(a: Tensor): { sign: Tensor; logAbs: Tensor } {
  const { lu, pivots } = luFactor(a);
  const u = stopGradient(diagonal(lu));
  const logAbs = withGradient(sum(log(abs(u)), -1), [a, lu, pivots], ({ dy, inputs: [matrix, factors, places] }) => {
    const slope = inverseTransposed(matrix as Tensor, factors as Tensor, places as Tensor);
    return [mul(expandDims(expandDims(dy, -1), -1), slope), undefined, undefined];
  });
  const n = a.shape[a.rank - 1] as number;
  const stayed = equal(pivots, arange(n, { dtype: "i32" }));
  const [one, minus] = [constant(1, [], a.dtype), constant(-1, [], a.dtype)];
  return { sign: prod(mul(sign(u), where(stayed, one, minus)), -1), logAbs };
}

/**
 * log det A: (…, n, n) gives (…). NaN where the determinant is negative, −∞ where it is zero.
 * With `positiveDefinite` the symmetric part is factored by Cholesky, in half the time; the result is NaN unless it is positive definite.
 */
export function logdet(a: Tensor, { positiveDefinite = false }: { positiveDefinite?: boolean } = {}): Tensor {
  if (positiveDefinite) return mul(sum(log(diagonal(cholesky(a))), -1), 2);
  const { sign: s, logAbs } = slogdet(a);
  return where(less(s, 0), Number.NaN, logAbs);
}

/** det A: (…, n, n) gives (…). The gradient at a singular matrix is not finite. */
export function det(a: Tensor): Tensor {
  const { sign: s, logAbs } = slogdet(a);
  return mul(s, exp(logAbs));
}
