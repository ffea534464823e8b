/**
 * Sobol' points: I. M. Sobol', USSR Comput. Math. Math. Phys. 7 (1967) 86, by the Gray-code order of I. Antonov, V. Saleev (1979), with the
 * direction numbers of S. Joe, F. Y. Kuo, SIAM J. Sci. Comput. 30 (2008) 2635 (new-joe-kuo-6), first 21 dimensions.
 */

import { TetradError } from "@tetrad/engine";
import { latinHypercube, type Random } from "../random.js";

/** Degree s, coefficients a and initial numbers m of each dimension's primitive polynomial, from the second on. */
const TABLE: readonly (readonly [degree: number, a: number, m: readonly number[]])[] = [
  [1, 0, [1]],
  [2, 1, [1, 3]],
  [3, 1, [1, 3, 1]],
  [3, 2, [1, 1, 1]],
  [4, 1, [1, 1, 3, 3]],
  [4, 4, [1, 3, 5, 13]],
  [5, 2, [1, 1, 5, 5, 17]],
  [5, 4, [1, 1, 5, 5, 5]],
  [5, 7, [1, 1, 7, 11, 19]],
  [5, 11, [1, 1, 5, 1, 1]],
  [5, 13, [1, 1, 1, 3, 11]],
  [5, 14, [1, 3, 5, 5, 31]],
  [6, 1, [1, 3, 3, 9, 7, 49]],
  [6, 13, [1, 1, 1, 15, 21, 21]],
  [6, 16, [1, 3, 1, 13, 27, 49]],
  [6, 19, [1, 1, 1, 15, 7, 5]],
  [6, 22, [1, 3, 1, 15, 13, 25]],
  [6, 25, [1, 1, 5, 5, 19, 61]],
  [7, 1, [1, 3, 7, 11, 23, 15, 103]],
  [7, 4, [1, 3, 7, 13, 13, 15, 69]],
];

/** Parameters that a search may spread over. */
export const SOBOL_DIMENSIONS = TABLE.length + 1;
const BITS = 32;

/**
 * The first points of the sequence in [0, 1)^n, shifted digit by digit by random bits where a source is given.
 * @throws ARGUMENT for more than 21 dimensions
 */
export function sobol(count: number, n: number, source?: Random): Float64Array[] {
  if (n > SOBOL_DIMENSIONS)
    throw new TetradError("ARGUMENT", { op: "sobol", what: "too many dimensions", got: `${n}`, expected: `at most ${SOBOL_DIMENSIONS}` });
  const directions = Array.from({ length: n }, (_, axis) => directionNumbers(axis));
  const shift = Uint32Array.from({ length: n }, () => (source === undefined ? 0 : Math.floor(source.next() * 2 ** BITS)));
  const state = new Uint32Array(n);
  return Array.from({ length: count }, (_, index) => {
    if (index > 0) {
      const bit = 31 - Math.clz32(index & -index); // the Gray code of index differs from the one before in this bit
      for (let axis = 0; axis < n; axis++) state[axis] = (state[axis] as number) ^ ((directions[axis] as Uint32Array)[bit] as number);
    }
    return Float64Array.from({ length: n }, (_, axis) => (((state[axis] as number) ^ (shift[axis] as number)) >>> 0) / 2 ** BITS);
  });
}

/** Evenly spread points in [0, 1)^n: shifted Sobol' points, or a Latin hypercube where there are too many dimensions for them. */
export function spread(count: number, n: number, source: Random): Float64Array[] {
  return n > SOBOL_DIMENSIONS ? latinHypercube(count, n, source) : sobol(count, n, source);
}

function directionNumbers(axis: number): Uint32Array {
  const v = new Uint32Array(BITS);
  if (axis === 0) return v.map((_, i) => 2 ** (BITS - 1 - i));
  const [degree, a, m] = TABLE[axis - 1] as (typeof TABLE)[number];
  for (let i = 0; i < BITS; i++) {
    if (i < degree) {
      v[i] = (m[i] as number) * 2 ** (BITS - 1 - i);
      continue;
    }
    let value = (v[i - degree] as number) ^ ((v[i - degree] as number) >>> degree);
    for (let k = 1; k < degree; k++) if ((a >> (degree - 1 - k)) & 1) value ^= v[i - k] as number;
    v[i] = value;
  }
  return v;
}
