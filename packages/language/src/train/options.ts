/** What may be said of a training: names and defaults as Hugging Face's TrainingArguments, in camelCase. */

import type { ScheduleOptions } from "@tetrad/engine";
import type { Adversarial } from "./adversarial.js";
import type { TrainerCallback } from "./callbacks.js";
import type { OptimizerName } from "./optimizer.js";
import type { RunState } from "./run-state.js";

/** When something is done: never, every so many steps, or after each epoch */
export type Strategy = "no" | "steps" | "epoch";

export interface TrainingOptions {
  readonly numTrainEpochs?: number;
  /** Ends training after so many steps, in as many epochs as that takes. */
  readonly maxSteps?: number;
  /** Sequences of a batch */
  readonly perDeviceTrainBatchSize?: number;
  /** Batches of a step: its gradient is that of all their examples at once. */
  readonly gradientAccumulationSteps?: number;
  /** Computes each layer again in the backward pass instead of keeping what it made: less memory, a third more time. */
  readonly gradientCheckpointing?: boolean;
  /** The highest rate */
  readonly learningRate?: number;
  /** Of matrices; offsets and norms do not decay. */
  readonly weightDecay?: number;
  readonly optim?: OptimizerName;
  /** Further options of the optimiser, `momentum=0.9,nesterov=true` say */
  readonly optimArgs?: string;
  readonly adamBeta1?: number;
  readonly adamBeta2?: number;
  readonly adamEpsilon?: number;
  readonly lrSchedulerType?: ScheduleOptions["name"];
  /** Further options of the schedule, `{ numCycles: 2 }` say */
  readonly lrSchedulerKwargs?: Readonly<Record<string, number | string>>;
  /** Share of all steps in which the rate rises; `warmupSteps` goes before it. */
  readonly warmupRatio?: number;
  readonly warmupSteps?: number;
  readonly maxGradNorm?: number;
  readonly labelSmoothingFactor?: number;
  /** Adds the loss at word embeddings that were moved to where it is larger. */
  readonly adversarial?: Adversarial;
  /** Modules whose parameters stand still: `embeddings`, `encoder.layer.0` */
  readonly freeze?: readonly string[];
  /** Factor on the rate from each layer to the one below it; 1 for one rate everywhere (Sun et al. 2019, arXiv:1905.05583). */
  readonly layerwiseLrDecay?: number;
  /** Trains the head alone at first, and after each so many epochs one more layer, from the top (Howard and Ruder 2018, arXiv:1801.06146). */
  readonly unfreezeEvery?: number;
  readonly seed?: number;
  /** Steps whose mean loss is logged */
  readonly loggingSteps?: number;
  readonly evalStrategy?: Strategy;
  readonly evalSteps?: number;
  readonly saveStrategy?: Strategy;
  readonly saveSteps?: number;
  /** Ends with the parameters of the best evaluation. */
  readonly loadBestModelAtEnd?: boolean;
  /** A figure of the evaluation, with or without `eval_`; the first unless told: the loss, or entities' F1 */
  readonly metricForBestModel?: string;
  /** Whether more is better; of all but losses, perplexity and mean absolute errors unless told */
  readonly greaterIsBetter?: boolean;
  /** Ends training after so many evaluations that were not better than the best. */
  readonly earlyStoppingPatience?: number;
  /** How much better is better */
  readonly earlyStoppingThreshold?: number;
  /** Ends training after the step at hand. */
  readonly signal?: AbortSignal;
  /** Goes on from where an earlier run with the same data and options stood, with the same bits: on what it ran on, which the state names, where the engine may choose. */
  readonly resume?: RunState;
  /**
   * Takes where training stands, as `saveStrategy` says and when the signal ends it.
   * `save` writes a checkpoint: the model as Python reads it, and beside it what `readRunState` reads, with what else decides the run as text.
   */
  readonly onSave?: (state: RunState, save: (folder: string, about: string) => Promise<void>) => Promise<void>;
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Told, before training begins, of how many of all texts the tokenizer is through with: of examples, and where these have two texts each, of both; of all tasks together */
  readonly onTokenize?: (done: number, all: number) => void;
  readonly callbacks?: readonly TrainerCallback[];
}

export interface TrainingProgress {
  readonly step: number;
  readonly steps: number;
  readonly epoch: number;
  readonly epochs: number;
  /** Mean of the last steps */
  readonly loss: number;
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
}

export const TRAINING_DEFAULTS = {
  numTrainEpochs: 3,
  perDeviceTrainBatchSize: 16,
  gradientAccumulationSteps: 1,
  gradientCheckpointing: false,
  learningRate: 5e-5,
  weightDecay: 0.01,
  optim: "adamw_torch",
  lrSchedulerType: "linear",
  warmupRatio: 0.1,
  maxGradNorm: 1,
  labelSmoothingFactor: 0,
  layerwiseLrDecay: 1,
  seed: 0,
  loggingSteps: 50,
  evalStrategy: "no",
  evalSteps: 500,
  saveStrategy: "no",
  saveSteps: 500,
  loadBestModelAtEnd: false,
  earlyStoppingThreshold: 0,
} as const satisfies TrainingOptions;

export type CompleteOptions = TrainingOptions & Required<Pick<TrainingOptions, keyof typeof TRAINING_DEFAULTS>>;
