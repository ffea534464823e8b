/** What the command and its workers tell each other. */
import type { Approximation, ChainDraws, ChainState, NestedResult, SamplerState } from "@tetrad/theory";
import type { SamplingPlan } from "./plan.js";

export interface WorkerData {
  readonly plan: SamplingPlan;
  /** Where states are kept while a run is unfinished. */
  readonly folder: string;
  /** The CPU's kernels, or float64 references for checking. */
  readonly backend: "wasm" | "reference";
}

/** A chain, or the one job of a sampler that runs no chains. */
export interface Job {
  readonly index: number;
  readonly state: ChainState | SamplerState | null;
}

export type ToWorker = { readonly kind: "job"; readonly job: Job } | { readonly kind: "stop" };

export type JobResult =
  | { readonly kind: "chain"; readonly draws: ChainDraws }
  | { readonly kind: "nested"; readonly nested: NestedResult }
  | { readonly kind: "approximation"; readonly approximation: Approximation; readonly bound: number | null };

export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "progress"; readonly index: number; readonly done: number; readonly total: number; readonly phase: string }
  | { readonly kind: "done"; readonly index: number; readonly result: JobResult }
  | { readonly kind: "stopped"; readonly index: number }
  | { readonly kind: "failed"; readonly code: string; readonly message: string; readonly stack: string | undefined };
