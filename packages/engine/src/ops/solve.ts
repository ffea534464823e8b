/** Linear systems with a general square matrix. */

import type { Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { broadcastTo } from "./broadcastTo.js";
import { luFactor } from "./luFactor.js";
import { luSolveOp } from "./luSolve.js";
import { alignBatches, asColumns } from "./matrices.js";

/**
 * X with A X = B, or Aᵀ X = B with `transpose`, by LU with partial pivoting. Leading axes broadcast; a vector `b` is one system.
 * A singular matrix gives infinities or NaN. The gradient reuses the factors. For symmetric positive definite matrices
 * `cholesky` and two triangular solves take half the work.
 * @param a (…, n, n)
 * @param b (…, n, k) or (n)
 */
export function solve(a: Tensor, b: Tensor, { transpose = false }: { transpose?: boolean } = {}): Tensor {
  return asColumns(b, (columns) => {
    // Factor before broadcasting: one matrix for many right-hand sides is factored once.
    const { lu, pivots } = luFactor(a);
    const [matrix, rhs] = alignBatches("solve", a, columns);
    const factors = broadcastTo(lu, matrix.shape);
    const places = broadcastTo(pivots, matrix.shape.slice(0, -1));
    return apply(luSolveOp, [matrix, factors, places, rhs], { transpose });
  });
}
