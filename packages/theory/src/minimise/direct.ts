/** What the minimisers without derivatives agree on. */

import type { BoundOptions } from "./bounds.js";
import type { Vector } from "./dense.js";

export interface DirectOptions extends BoundOptions {
  /** Typical size of each parameter, > 0; 1 unless told. */
  readonly scale?: ArrayLike<number>;
  /** Calls of the function before giving up; 1000 times the number of parameters unless told. */
  readonly maxEvaluations?: number;
  /** Stops when the points lie within this part of the scale; 1e-8 unless told. */
  readonly tolerance?: number;
  /** Of random draws; 0 unless told. */
  readonly seed?: number;
}

export interface DirectResult {
  readonly theta: Vector;
  readonly value: number;
  readonly evaluations: number;
  /** Ended by its tolerance, not by the number of evaluations. */
  readonly settled: boolean;
}

/** A function that is undefined counts as infinitely high. */
export function finiteOrHigh(value: number): number {
  return Number.isNaN(value) ? Infinity : value;
}
