/** What the minimisers without derivatives agree on. */

import { type BoundOptions, type Box, makeBox } from "./bounds.js";
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
  readonly converged: boolean;
}

export interface DirectSettings {
  readonly box: Box;
  readonly scale: Vector;
  readonly most: number;
  readonly tolerance: number;
}

/** @throws ARGUMENT for a start outside its bounds */
export function directSettings(op: string, start: ArrayLike<number>, options: DirectOptions): DirectSettings {
  return {
    box: makeBox(op, start, options),
    scale: Float64Array.from({ length: start.length }, (_, i) => options.scale?.[i] ?? 1),
    most: options.maxEvaluations ?? 1000 * start.length,
    tolerance: options.tolerance ?? 1e-8,
  };
}

/** Whether `after` is lower by more than this part of what was there; any defined value is lower than none. */
export function lowered(before: number, after: number, part: number): boolean {
  return before === Infinity ? after < Infinity : after < before - part * Math.max(1, Math.abs(before));
}

/** A function that is undefined counts as infinitely high. */
export function finiteOrHigh(value: number): number {
  return Number.isNaN(value) ? Infinity : value;
}
