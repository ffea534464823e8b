/** Evenly spaced numbers, known when the function is traced. */

import type { DType } from "../dtype.js";
import { TetradError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import { constant } from "../trace.js";

/** `start + i · step` for i from 0 to n − 1, rounded once to `dtype`. Throws ARGUMENT unless n is a whole number. */
export function arange(n: number, { start = 0, step = 1, dtype = "f32" }: { start?: number; step?: number; dtype?: DType } = {}): Tensor {
  if (!Number.isInteger(n) || n < 0)
    throw new TetradError("ARGUMENT", { op: "arange", what: "the length must be a whole number", got: `${n}` });
  return constant(
    Float64Array.from({ length: n }, (_, i) => start + i * step),
    [n],
    dtype,
  );
}
