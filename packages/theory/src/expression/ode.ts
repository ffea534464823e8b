/**
 * Ordinary differential equations with fixed steps, so that a solution can be differentiated and replayed: the fifth-order formula
 * of J. R. Dormand, P. J. Prince, J. Comput. Appl. Math. 6 (1980) 19, table 2 (RK5(4)7M), without its error estimate.
 * Its error falls with the fifth power of the step; comparing n and 2n steps shows whether it has.
 */

import type { OperationName } from "./operations.js";

/** Stage times as parts of a step. */
const TIMES = [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1] as const;
const STAGES: readonly (readonly number[])[] = [
  [],
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
];
const WEIGHTS = [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84];

/** A step in any arithmetic: numbers, arrays, graph tensors. */
export interface Arithmetic<V> {
  operation(name: OperationName, args: readonly V[]): V;
  number(value: number): V;
}

/**
 * The states one step on.
 * @param slopes f(x, y): one slope for each state
 * @param x where the step begins
 * @param h its length
 */
export function dormandPrinceStep<V>(
  { operation, number }: Arithmetic<V>,
  slopes: (x: V, y: readonly V[]) => readonly V[],
  x: V,
  y: readonly V[],
  h: V,
): V[] {
  const stages: (readonly V[])[] = [];
  const advanced = (weights: readonly number[]): V[] =>
    y.map((value, i) => {
      let sum: V | undefined;
      weights.forEach((weight, j) => {
        if (weight === 0) return;
        const term = operation("multiply", [(stages[j] as readonly V[])[i] as V, number(weight)]);
        sum = sum === undefined ? term : operation("add", [sum, term]);
      });
      return sum === undefined ? value : operation("add", [value, operation("multiply", [h, sum])]);
    });
  STAGES.forEach((weights, k) => {
    const time = k === 0 ? x : operation("add", [x, operation("multiply", [h, number(TIMES[k] as number)])]);
    stages.push(slopes(time, advanced(weights)));
  });
  return advanced(WEIGHTS);
}
