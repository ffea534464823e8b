/** The identity matrix. */

import type { DType } from "../dtype.js";
import type { Tensor } from "../tensor.js";
import { constant } from "../trace.js";

/** Ones on the diagonal, zeros elsewhere: [n, columns], square unless told. */
export function eye(n: number, columns = n, dtype: DType = "f32"): Tensor {
  const values = new Float64Array(n * columns);
  for (let i = 0; i < Math.min(n, columns); i++) values[i * (columns + 1)] = 1;
  return constant(values, [n, columns], dtype);
}
