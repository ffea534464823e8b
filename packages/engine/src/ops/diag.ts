/** From a vector to a diagonal matrix and back. */

import { TetradError } from "../errors.js";
import { formatShape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { diagonal } from "./diagonal.js";
import { padOp } from "./pad.js";
import { reshape } from "./reshape.js";

/** Matrices with `x` on their diagonals and zeros elsewhere: (…, n) gives (…, n, n). */
export function diagEmbed(x: Tensor): Tensor {
  const n = x.shape[x.rank - 1];
  if (n === undefined)
    throw new TetradError("SHAPE", { op: "diagEmbed", what: "needs a vector", got: formatShape(x.shape), expected: "(…, n)" });
  // Neighbours on the diagonal lie n elements apart in row-major order, so a padded vector is the matrix.
  const zeros = x.shape.map(() => 0);
  const spread = apply(padOp, [x], { low: zeros, high: zeros, interior: [...zeros.slice(1), n], value: 0 });
  return reshape(spread, [...x.shape, n]);
}

/** As numpy.diag: a vector becomes a diagonal matrix, a matrix gives its diagonal. For batches use `diagEmbed` and `diagonal`. */
export function diag(x: Tensor): Tensor {
  if (x.rank === 1) return diagEmbed(x);
  if (x.rank === 2) return diagonal(x);
  throw new TetradError("SHAPE", {
    op: "diag",
    what: "needs a vector or a matrix",
    got: formatShape(x.shape),
    hint: "diagEmbed and diagonal take batches",
  });
}
