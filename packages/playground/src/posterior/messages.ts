/** What the page, the workers that run chains and the one that judges them tell each other. */
import type { ChainDraws, QuantitySummary, Verdict } from "@tetrad/theory";
import type { Setup } from "./setup.js";

export interface SamplingOptions {
  readonly warmup: number;
  /** Of each chain. */
  readonly draws: number;
  readonly seed: number;
}

/** New draws of one chain: its figures, with `theta`, `logDensity` and `statistics` of these draws alone. */
export type ChainNews = ChainDraws & { readonly kind: "draws"; readonly index: number; readonly done: number; readonly total: number };

export interface CornerCell {
  readonly row: number;
  readonly column: number;
  /** Paths in units of the cell, y downwards. */
  readonly paths: readonly string[];
}

export interface ParameterView {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  /** Quantiles at −1σ, median and 1σ, in values. */
  readonly quantiles: readonly number[];
  readonly sd: number;
  /** Traces of the chains in a unit square, y downwards. */
  readonly traces: readonly string[];
}

/** The posterior as far as it is known. */
export interface View {
  readonly kind: "view";
  readonly draws: number;
  readonly parameters: readonly ParameterView[];
  readonly cells: readonly CornerCell[];
  readonly summaries: readonly QuantitySummary[];
  readonly units: readonly string[];
  readonly verdict: Verdict;
  readonly messages: readonly string[];
  readonly divergences: number;
  /** 15.87 %, 50 % and 84.13 % of the model at the grid. */
  readonly band: readonly (readonly number[])[];
}

export interface Files {
  readonly kind: "files";
  readonly csv: string;
  readonly getdist: readonly { readonly name: string; readonly text: string }[];
}

export type ToWorker =
  | { readonly kind: "chains"; readonly setup: Setup; readonly options: SamplingOptions; readonly indices: readonly number[] }
  | { readonly kind: "judge"; readonly setup: Setup; readonly chains: number; readonly grid: Readonly<Record<string, readonly number[]>> }
  | { readonly kind: "go"; readonly draws: number }
  | { readonly kind: "stop" }
  | ChainNews
  | { readonly kind: "files" }
  /** Asks for a view of all that came before it. */
  | { readonly kind: "look" };

export type FromWorker = ChainNews | View | Files | { readonly kind: "rested" } | { readonly kind: "failed"; readonly message: string };
