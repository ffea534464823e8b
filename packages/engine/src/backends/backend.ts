/** What a backend has to provide: storage that outlives a step, and compiled plans that run over it. */

import type { DType, HostArray } from "../dtype.js";
import type { Machine } from "../explain.js";
import type { Optimizer } from "../optim/optimizer.js";
import type { ParameterRun } from "../optim/runs.js";
import type { Plan } from "../plan/plan.js";
import type { Graph, Tensor } from "../tensor.js";
import type { Timeline } from "../timeline.js";
import type { TuningTable } from "../tuning.js";

/** Flat storage that lives until it is released. */
export interface Segment {
  readonly dtype: DType;
  readonly length: number;
  /** The content, to be read; valid until the next call of the engine. Where a device holds a newer one this throws ARGUMENT until `pull` has brought it. */
  view(): HostArray;
  write(data: ArrayLike<number>, offset?: number): void;
  /** Brings what a device has computed to the host; nothing to do where storage is the host's own. */
  pull(): Promise<void>;
  release(): void;
}

/** Where a leaf's first element lies, in elements. */
export interface Binding {
  readonly segment: Segment;
  readonly offset: number;
  /** Nothing writes it any more. */
  readonly frozen?: boolean;
}

export interface Training {
  readonly loss: Tensor;
  /** Gradient of each parameter, and where it belongs in the flat segment (elements). */
  readonly gradients: readonly { readonly gradient: Tensor; readonly offset: number }[];
  readonly optimizer: Optimizer;
  readonly runs: readonly ParameterRun[];
  readonly params: Segment;
  readonly moments: readonly Segment[];
  readonly scalars: Segment;
}

export interface CompileRequest {
  readonly graph: Graph;
  readonly outputs: ReadonlyMap<string, Tensor>;
  readonly leaves: ReadonlyMap<Tensor, Binding>;
  readonly training?: Training | undefined;
  /** Seed of the random streams. */
  readonly seed: number;
  /** Maximum of each bounded axis. */
  readonly maxima: ReadonlyMap<string, number>;
  readonly threads?: number | undefined;
  /** Where it is to run, for a backend that would choose. */
  readonly runsOn?: Executable["runsOn"] | undefined;
}

/** A data set that batches are gathered from on the device. */
export interface BatchSource {
  /** Rows of each input, in storage order. */
  readonly columns: ReadonlyMap<string, Segment>;
  readonly rows: number;
  readonly batchRows: number;
  readonly shuffle: boolean;
  readonly seed: number;
}

export interface LaunchTime {
  readonly title: string;
  readonly shapes: string;
  readonly flops: number;
  readonly bytes: number;
  readonly microseconds: number;
}

/** Where the first NaN or infinity was made: the launch, and the user's line. */
export interface NonFinite {
  readonly title: string;
  readonly site: string | undefined;
}

/** What a search has found for one plan. */
export interface Tuned {
  /** This plan's entries alone. */
  readonly table: TuningTable;
  readonly threads: number;
  /** One step with the choices made. */
  readonly microseconds: number;
  /** Fastest first, before variants were chosen. */
  readonly times: readonly { readonly threads: number; readonly microseconds: number }[];
  /** Launches with variants that time did not suffice for. */
  readonly untried: number;
}

/** Why a launch is done the way it is. */
export interface LaunchChoice {
  readonly title: string;
  /** Name of the kernel's variant; undefined where there is only one. */
  readonly variant: string | undefined;
  readonly source: string;
}

/** A compiled plan with its own inputs and outputs. */
export interface Executable {
  readonly plan: Plan | undefined;
  /** One line: threads and why. */
  readonly placement: string;
  /** What it runs on: the same plan gives other bits elsewhere. */
  readonly runsOn: "wasm" | "webgpu" | "reference";
  write(name: string, data: ArrayLike<number>): void;
  /** A view of an output; the next run overwrites it. */
  read(name: string): HostArray;
  setLive(axis: string, length: number): void;
  /** Runs once on the calling thread (and helpers). */
  runSync(): void;
  /** Runs once, leaving the event loop free. */
  run(): Promise<void>;
  /** Brings all that the plan goes on from to the host: parameters, states, an optimiser's moments. Nothing to do where storage is the host's own. */
  pull(): Promise<void>;
  /** Training: attaches a data set, and runs steps over it. Losses land in `losses` by step number. */
  attach(source: BatchSource): void | Promise<void>;
  runSteps(steps: number, rates: Float64Array): Promise<number>;
  /** Training: the learning rate of the next step. */
  setRate(rate: number): void;
  /** The last run ended because the loss was not finite; parameters and states are as before that step. */
  readonly stopped: boolean;
  /** Losses of the last `count` steps. */
  losses(count: number): Float64Array;
  /** Times each launch; the state of the program is as after one more run. */
  profile(): LaunchTime[] | Promise<LaunchTime[]>;
  /** Runs steps with the clock read around every launch on every thread; the state of the program is as before. */
  trace(steps: number): Promise<Timeline>;
  /** Searches for so many seconds what is fastest for this plan, and adopts it; results keep their bits. */
  tune(seconds: number): Tuned;
  /** Variant and its source, launch by launch. */
  choices(): LaunchChoice[];
  /** First launch whose outputs hold a NaN or an infinity, run step by step. */
  findNonFinite(): NonFinite | undefined | Promise<NonFinite | undefined>;
  close(): void;
}

export interface Backend {
  readonly name: string;
  readonly build: string;
  readonly threads: number;
  readonly why: string;
  allocate(dtype: DType, length: number): Segment;
  compile(request: CompileRequest): Promise<Executable>;
  defineKernels(name: string, bytes: BufferSource): Promise<void>;
  /** The roof of this machine, measured at the first call. */
  machine(): Machine | Promise<Machine>;
  /**
   * After a DEVICE_LOST: finds something to go on with; storage made before is gone. Returns what it is, in words.
   * @throws TetradError DEVICE_LOST when there is nothing
   */
  recover(): Promise<string>;
  close(): Promise<void>;
}

/** Elements of the step scalars; layout in packages/kernels-wasm/assembly/lib/step.ts. */
export const STEP_SCALARS = 8;
export const SCALAR = { step: 0, learningRate: 1, gradientScale: 2, gradientNorm: 3, lastLoss: 4 } as const;
