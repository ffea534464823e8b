/** What an optimiser is: per parameter an update, as kernels over its storage and as the same arithmetic in float64. */

import type { BaseKernel } from "@tetrad/kernels-wasm";
import { TetradError } from "../errors.js";
import type { LaunchRequest, Operand, Scalar } from "../op.js";
import type { Shape } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
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

/** Element by element: one kernel over any run of neighbouring parameters, whose moments are as long as they. */
export interface FlatUpdate {
  readonly kind: "flat";
  readonly kernel: BaseKernel;
  /** Initial values of the moments that this configuration keeps. */
  readonly moments: readonly number[];
  /** Moment index behind each of the kernel's pointers after the parameters; undefined where this configuration has none. */
  readonly pointers: readonly (number | undefined)[];
  /** Kernel words between the count of elements and the factor on the learning rate. */
  scalars(weightDecay: number): readonly Scalar[];
  reference(update: ReferenceUpdate): void;
}

/** One parameter at a time, by its shape: norms, factored moments, matrix products. */
export interface TensorUpdate {
  readonly kind: "tensor";
  /** Elements of each moment of a parameter of this shape (0 for one it has no use for); they start as zeros. */
  moments(shape: Shape): readonly number[];
  /** Emits any number of launches; those that write parameters or moments leave them alone when the job has been asked to stop. */
  launch(context: UpdateContext): void;
  reference(update: ReferenceUpdate & { readonly shape: Shape }): void;
}

export type Update = FlatUpdate | TensorUpdate;

/** What a TensorUpdate's launches work on, and how it asks for them. */
export interface UpdateContext {
  readonly shape: Shape;
  readonly dtype: "f32" | "f64";
  readonly weightDecay: number;
  /** Factor on the learning rate, the last of a kernel's words. */
  readonly lrScale: number;
  /** As moments and gradients, in whole cache lines: what is past the last element is 0 and must stay so. */
  readonly params: Tensor;
  readonly moments: readonly Tensor[];
  readonly gradients: Operand;
  /** The step scalars, which hold the learning rate and the factor on the gradients. */
  readonly scalars: Operand;
  /** A null pointer, for an operand that this configuration has not. */
  readonly nothing: Tensor;
  /** A value that lives between launches of this step. */
  temp(spec: Spec): Tensor;
  emit(request: Omit<LaunchRequest, "dtype">): void;
  /** Lowers what `f` makes of temporary values with ordinary ops. */
  trace(f: () => Tensor): Operand;
}

export interface Optimizer {
  readonly name: string;
  readonly lr: number | Schedule;
  readonly weightDecay: number;
  /** Largest global norm of the gradients; larger ones are scaled down. */
  readonly clipNorm: number | undefined;
  /** Which parameters decay; by default those of two or more axes (weights, not biases and norms). */
  readonly decays: (name: string, shape: Shape) => boolean;
  /** Factor on the learning rate of a parameter. */
  readonly lrScale: (name: string, shape: Shape) => number;
  /** How a parameter is updated. Neighbours with the same flat update, decay and rate share one launch. */
  updateOf(name: string, shape: Shape): Update;
}

export interface OptimizerOptions {
  /** A number, or a schedule by step. */
  readonly lr?: number | Schedule;
  readonly weightDecay?: number;
  readonly clipNorm?: number;
  /** Overrides which parameters decay. */
  readonly decays?: (name: string, shape: Shape) => boolean;
  /** Factor on the learning rate by parameter, for layer-wise decay of rates; 1 unless told. A parameter with 0 stands still, moments and all. */
  readonly lrScale?: (name: string, shape: Shape) => number;
}

/** An optimiser of these options. */
export function makeOptimizer(
  name: string,
  options: OptimizerOptions & Required<Pick<OptimizerOptions, "lr" | "weightDecay" | "decays">>,
  update: Update | ((name: string, shape: Shape) => Update),
): Optimizer {
  const { lr, weightDecay, clipNorm, decays, lrScale = () => 1 } = options;
  for (const [option, value] of Object.entries({ lr, weightDecay, clipNorm })) {
    if (value === undefined || typeof value === "function" || (Number.isFinite(value) && value >= 0)) continue;
    throw new TetradError("ARGUMENT", { op: name, what: `${option} is no rate`, got: `${value}` });
  }
  return { name, lr, weightDecay, clipNorm, decays, lrScale, updateOf: typeof update === "function" ? update : () => update };
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

/** Throws ARGUMENT unless 0 ≤ each value < 1: what averages of moments need. */
export function checkBetas(op: string, betas: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(betas)) {
    if (!(value >= 0 && value < 1)) {
      throw new TetradError("ARGUMENT", { op, what: `${name} is no share`, got: `${value}`, expected: "at least 0 and below 1" });
    }
  }
}
