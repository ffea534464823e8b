/** Who watches a training, and may end it: events by the names of transformers' TrainerCallback. */

import type { LogEntry } from "./trainer-state.js";

export interface TrainerState {
  /** Steps taken */
  readonly globalStep: number;
  readonly maxSteps: number;
  /** Epochs done, with a fraction within one */
  readonly epoch: number;
  readonly logHistory: readonly LogEntry[];
  readonly bestMetric: number | null;
  readonly bestStep: number | null;
}

/** What a callback may ask for; each is done after the step at hand. */
export interface TrainerControl {
  shouldTrainingStop: boolean;
  shouldEvaluate: boolean;
  shouldSave: boolean;
  shouldLog: boolean;
}

export interface TrainerCallback {
  onTrainBegin?(state: TrainerState, control: TrainerControl): void | Promise<void>;
  onEpochBegin?(state: TrainerState, control: TrainerControl): void | Promise<void>;
  onStepEnd?(state: TrainerState, control: TrainerControl): void | Promise<void>;
  onLog?(state: TrainerState, control: TrainerControl, entry: LogEntry): void | Promise<void>;
  onEvaluate?(state: TrainerState, control: TrainerControl, metrics: Readonly<Record<string, number>>): void | Promise<void>;
  onSave?(state: TrainerState, control: TrainerControl): void | Promise<void>;
  onEpochEnd?(state: TrainerState, control: TrainerControl): void | Promise<void>;
  onTrainEnd?(state: TrainerState, control: TrainerControl): void | Promise<void>;
}
