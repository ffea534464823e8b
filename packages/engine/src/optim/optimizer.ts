/** What an optimiser is: one kernel over flat segments, its moments and constants, and the same update in float64. */

import type { BaseKernel } from "@tetrad/kernels-wasm";
import type { Scalar } from "../op.js";
import type { Shape } from "../shape.js";
import type { Schedule } from "./schedules.js";

/** The update of one run of parameters, for the reference backend; every array is that run alone. */
export interface ReferenceUpdate {
  readonly params: Float64Array;
  readonly gradients: Float64Array;
  readonly moments: readonly Float64Array[];
  /** Steps taken before this one. */
  readonly step: number;
  readonly lr: number;
  readonly weightDecay: number;
}

export interface Optimizer {
  readonly name: string;
  readonly kernel: BaseKernel;
  readonly lr: number | Schedule;
  readonly weightDecay: number;
  /** Largest global norm of the gradients; larger ones are scaled down. */
  readonly clipNorm: number | undefined;
  /** Which parameters decay; by default those of two or more axes (weights, not biases and norms). */
  readonly decays: (name: string, shape: Shape) => boolean;
  /** Initial values of the moment segments that this configuration keeps. */
  readonly moments: readonly number[];
  /** Moment index behind each of the kernel's pointers after the parameters; undefined where this configuration has none. */
  readonly pointers: readonly (number | undefined)[];
  /** Kernel words after the pointers and the count of elements. */
  scalars(weightDecay: number): readonly Scalar[];
  reference(update: ReferenceUpdate): void;
}

export interface OptimizerOptions {
  /** A number, or a schedule by step. */
  readonly lr?: number | Schedule;
  readonly weightDecay?: number;
  readonly clipNorm?: number;
  /** Overrides which parameters decay. */
  readonly decays?: (name: string, shape: Shape) => boolean;
}

export function decaysByDefault(_name: string, shape: Shape): boolean {
  return shape.length >= 2;
}

/** Every parameter decays: what PyTorch's optimisers do unless given groups. */
export function decaysAlways(): boolean {
  return true;
}

export function rateAt(optimizer: Optimizer, step: number): number {
  return typeof optimizer.lr === "number" ? optimizer.lr : optimizer.lr(step);
}
