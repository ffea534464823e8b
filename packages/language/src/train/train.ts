/** Training of a language model on packed batches: AdamW, a rate that rises and falls, decay on matrices only. */

import { adamw, type Engine, type InputSpecs, makeSchedule, type Tensor, TetradError, type TrainingState } from "@tetrad/engine";
import { type BatchArrays, type BatchLimits, batchSpecs, type Ids, limitsOf, packBatch } from "../data/batch.js";
import type { LanguageModel } from "../model.js";
import type { Params, TokenBatch } from "../models/backbone.js";
import { type Adversarial, adversarialLoss } from "./adversarial.js";
import { batchesOf } from "./order.js";
import type { LogEntry } from "./trainer-state.js";

/** Names and defaults as Hugging Face's TrainingArguments, in camelCase; the rate is theirs for a whole model. */
export interface TrainingOptions {
  readonly numTrainEpochs?: number;
  /** Sequences of a step */
  readonly perDeviceTrainBatchSize?: number;
  readonly learningRate?: number;
  readonly weightDecay?: number;
  /** Share of all steps in which the rate rises. */
  readonly warmupRatio?: number;
  readonly maxGradNorm?: number;
  /** Adds the loss at word embeddings that were moved to where it is larger. */
  readonly adversarial?: Adversarial;
  readonly seed?: number;
  /** Ends training after the step at hand. */
  readonly signal?: AbortSignal;
  /** Goes on from where an earlier run with the same data and options stood, with the same bits. */
  readonly resume?: TrainingState;
  /** Takes where training stands every `saveSteps` steps, and when the signal ends it. */
  readonly onState?: (state: TrainingState) => Promise<void>;
  readonly saveSteps?: number;
  readonly onProgress?: (progress: TrainingProgress) => void;
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

export interface TrainingRun {
  /** Steps taken, those of a run that was resumed among them */
  readonly steps: number;
  /** Steps of the whole training */
  readonly allSteps: number;
  readonly epochs: number;
  readonly seconds: number;
  /** Tokens that were computed; none of them is padding. */
  readonly tokens: number;
  /** Loss of every step */
  readonly losses: readonly number[];
  readonly log: readonly LogEntry[];
  readonly placement: string;
  readonly interrupted: boolean;
}

export interface TrainingTask {
  readonly model: LanguageModel;
  /** Token numbers of every example */
  readonly sequences: readonly Ids[];
  /** Inputs beside the tokens, labels above all */
  inputs(limits: BatchLimits): InputSpecs;
  /** Their values for the examples of a batch */
  feeds(rows: readonly number[], arrays: BatchArrays): Readonly<Record<string, Int32Array | Float32Array>>;
  loss(params: Params, batch: TokenBatch, inputs: Readonly<Record<string, Tensor>>): Tensor;
}

export const TRAINING_DEFAULTS = {
  numTrainEpochs: 3,
  perDeviceTrainBatchSize: 16,
  learningRate: 5e-5,
  weightDecay: 0.01,
  warmupRatio: 0.1,
  maxGradNorm: 1,
  seed: 0,
} as const satisfies TrainingOptions;

/** Losses of so many steps are averaged for progress and log. */
const LOG_STEPS = 50;

/** @throws TetradError DIVERGED where the loss is no longer finite; the parameters are then those of the step before */
export async function train(engine: Engine, task: TrainingTask, options: TrainingOptions): Promise<TrainingRun> {
  const {
    numTrainEpochs: epochs,
    perDeviceTrainBatchSize,
    learningRate,
    weightDecay,
    warmupRatio,
    maxGradNorm,
    seed,
  } = {
    ...TRAINING_DEFAULTS,
    ...options,
  };
  const { store, backbone } = task.model;
  const { sequences } = task;
  const size = Math.min(perDeviceTrainBatchSize, sequences.length);
  const limits = limitsOf(sequences, size);
  const steps = Math.ceil(sequences.length / size) * epochs;
  const lr = makeSchedule({ name: "linear", warmupRatio }, learningRate, steps);
  const program = await engine.compile(
    store,
    { ...batchSpecs(limits), ...task.inputs(limits) },
    (all, inputs) => {
      const lossOf = (params: Params) => task.loss(params, inputs as unknown as TokenBatch, inputs);
      const params = task.model.within(all, { training: true });
      const { adversarial } = options;
      return adversarial === undefined ? lossOf(params) : adversarialLoss(lossOf, params, backbone.embeddings, adversarial).loss;
    },
    { optimizer: adamw({ lr, weightDecay, clipNorm: maxGradNorm }), seed },
  );
  const losses: number[] = [...(options.resume?.losses ?? [])];
  const log: LogEntry[] = [];
  const logged = (step: number) => {
    const recent = losses.slice(Math.max(0, step - LOG_STEPS), step);
    const loss = recent.reduce((sum, value) => sum + value, 0) / recent.length;
    if (step % LOG_STEPS === 0 || step === steps) log.push({ epoch: (step / steps) * epochs, learning_rate: lr(step - 1), loss, step });
    return loss;
  };
  if (options.resume !== undefined) {
    if (losses.length !== options.resume.step || losses.length > steps) {
      throw new TetradError("ARGUMENT", {
        op: "resume",
        what: "the saved state is of another run",
        got: `step ${options.resume.step}`,
        expected: `at most ${steps}`,
      });
    }
    engine.restoreTrainingState(store, options.resume);
    for (let step = 1; step <= losses.length; step++) logged(step);
  }
  const before = losses.length;
  const begin = performance.now();
  const seconds = () => (performance.now() - begin) / 1000;
  let tokens = 0;
  const stopped = () => options.signal?.aborted === true;
  try {
    let number = 0;
    for (let epoch = 0; epoch < epochs && !stopped(); epoch++) {
      for (const rows of batchesOf(sequences.length, size, seed, epoch)) {
        number += 1;
        if (number <= before) continue;
        const arrays = packBatch(
          rows.map((row) => sequences[row] as Ids),
          limits,
          backbone.causal,
        );
        losses.push((await program.step({ ...arrays, ...task.feeds(rows, arrays) })).loss);
        tokens += arrays.ids.length;
        const step = losses.length;
        const loss = logged(step);
        const secondsLeft = (seconds() / (step - before)) * (steps - step);
        options.onProgress?.({ step, steps, epoch, epochs, loss, tokensPerSecond: tokens / seconds(), secondsLeft });
        const due = options.saveSteps !== undefined && step % options.saveSteps === 0 && step < steps;
        if (due || (stopped() && step < steps)) await options.onState?.(await engine.trainingState(store, losses));
        if (stopped()) break;
      }
    }
    return {
      steps: losses.length,
      allSteps: steps,
      epochs,
      seconds: seconds(),
      tokens,
      losses,
      log,
      placement: program.placement,
      interrupted: losses.length < steps,
    };
  } finally {
    program.close();
    engine.releaseOptimizerState(store);
  }
}
