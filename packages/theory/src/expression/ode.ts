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

/** Where the slopes of a step's stages are taken. */
export function stageTimes<V>({ operation, number }: Arithmetic<V>, x: V, h: V): V[] {
  return TIMES.map((time) => (time === 0 ? x : operation("add", [x, operation("multiply", [h, number(time)])])));
}

/**
 * The states one step on.
 * @param slopes f(x, y): one slope for each state
 * @param x where the step begins
 * @param h its length
 * @param times of its stages
 */
export function dormandPrinceStep<V>(
  arithmetic: Arithmetic<V>,
  slopes: (x: V, y: readonly V[]) => readonly V[],
  x: V,
  y: readonly V[],
  h: V,
  times: readonly V[] = stageTimes(arithmetic, x, h),
): V[] {
  const { operation, number } = arithmetic;
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
    stages.push(slopes(times[k] as V, advanced(weights)));
  });
  return advanced(WEIGHTS);
}

/** A path of equal steps to the farthest of many ends, and from its nodes one shorter step to each end. */
export interface CommonPath {
  readonly h: number;
  /** The node before each end. */
  readonly nodes: Int32Array;
  /** Where it is, and how far the end is from it. */
  readonly begins: Float64Array;
  readonly rests: Float64Array;
}

/** @returns undefined where ends lie on both sides, or all at the start */
export function commonPath(from: number, ends: Float64Array, steps: number): CommonPath | undefined {
  const lengths = ends.map((end) => end - from);
  const low = lengths.reduce((least, length) => Math.min(least, length), Infinity);
  const high = lengths.reduce((most, length) => Math.max(most, length), -Infinity);
  const whole = high > 0 && low >= 0 ? high : low < 0 && high <= 0 ? low : Number.NaN;
  if (!Number.isFinite(whole)) return undefined;
  const h = whole / steps;
  const nodes = Int32Array.from(lengths, (length) => Math.min(steps, Math.floor(length / h)));
  const begins = Float64Array.from(nodes, (node) => from + node * h);
  return { h, nodes, begins, rests: ends.map((end, i) => end - (begins[i] as number)) };
}
