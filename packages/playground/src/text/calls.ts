/** What the page asks its worker for, and what comes back. */
import type { BackendName } from "@tetrad/engine";
import type { LabelledText, TrainingProgress } from "@tetrad/language";

/** The folder of a pretrained model: its files, where a server has it, or its page on a Hub */
export type ModelPlace = { readonly files: readonly File[] } | { readonly address: string } | { readonly hubPage: string };

export interface Columns {
  readonly text: string;
  readonly label: string;
}

export interface TableFacts extends Columns {
  readonly columns: readonly string[];
}

export interface ColumnFacts {
  /** Rows that have a class */
  readonly rows: number;
  readonly classes: number;
  readonly examples: readonly LabelledText[];
}

export interface TrainRequest {
  readonly model: ModelPlace;
  readonly columns: Columns;
  /** To learn from; others are kept back to measure on */
  readonly rows: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly maxTokens: number;
  /** LoRA in the place of the whole model */
  readonly adapter: boolean;
  readonly backend: BackendName;
  readonly threads: number | undefined;
}

export interface Mistake extends LabelledText {
  readonly guess: string;
  /** Of the guess */
  readonly probability: number;
}

export interface Report {
  readonly labels: readonly string[];
  /** Texts */
  readonly learned: number;
  readonly held: number;
  readonly accuracy: number;
  readonly macroF1: number;
  /** `counts[i][j]`: texts of class i that were taken for class j */
  readonly counts: readonly (readonly number[])[];
  /** The surest first */
  readonly mistakes: readonly Mistake[];
  readonly steps: number;
  readonly tokens: number;
  readonly seconds: number;
  readonly interrupted: boolean;
  /** What computed, and why */
  readonly placement: string;
  /** How much was trained, where that is not all */
  readonly share: string | undefined;
}

export interface Guess {
  readonly label: string;
  readonly probability: number;
}

export interface Calls {
  readTable(request: { readonly file: File }): TableFacts;
  look(request: Columns): ColumnFacts;
  train(request: TrainRequest): Report;
  /** Of each text the likeliest classes, the likeliest first */
  classify(request: { readonly texts: readonly string[] }): readonly (readonly Guess[])[];
  /** The model's folder as a zip */
  archive(request: { readonly name: string }): Uint8Array<ArrayBuffer>;
}

export type CallName = keyof Calls;

/** Ends training after the step at hand. */
export const STOP = "stop";

export type ToWorker =
  | typeof STOP
  | { [Name in CallName]: { readonly id: number; readonly call: Name; readonly request: Parameters<Calls[Name]>[0] } }[CallName];

export type FromWorker =
  | { readonly stage: string }
  | { readonly progress: TrainingProgress }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };
