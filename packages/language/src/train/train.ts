/** Training of a language model on packed batches, as transformers' Trainer goes about it: steps of one or several batches, a log, evaluations, checkpoints. */

import { type Engine, type InputSpecs, mul, type Tensor, TetradError, type TrainProgram } from "@tetrad/engine";
import { type BatchArrays, type BatchLimits, batchSpecs, type Ids, limitsOf, packBatch } from "../data/batch.js";
import type { LanguageModel } from "../model.js";
import type { LayerContext, Params, TokenBatch } from "../models/backbone.js";
import { adversarialLoss } from "./adversarial.js";
import type { TrainerCallback, TrainerControl, TrainerState } from "./callbacks.js";
import { depthOf } from "./layers.js";
import { optimizerOf, scheduleOf } from "./optimizer.js";
import { type CompleteOptions, TRAINING_DEFAULTS, type TrainingOptions } from "./options.js";
import { batchesOf } from "./order.js";
import { type RunState, runStateFiles } from "./run-state.js";
import { Scores } from "./scores.js";
import type { LogEntry, Logged } from "./trainer-state.js";

export interface TrainingRun extends Logged {
  /** Steps taken, those of a run that was resumed among them */
  readonly steps: number;
  readonly seconds: number;
  /** Tokens that were computed; none of them is padding. */
  readonly tokens: number;
  /** Loss of every step */
  readonly losses: readonly number[];
  readonly placement: string;
  /** By the signal */
  readonly interrupted: boolean;
}

type Files = Readonly<Record<string, Uint8Array | string>>;

export interface TrainingTask {
  readonly model: LanguageModel;
  /** Token numbers of every example */
  readonly sequences: readonly Ids[];
  /** Inputs beside the tokens, labels above all */
  inputs(limits: BatchLimits): InputSpecs;
  /** Their values for the examples of a batch, in an epoch from 0 on */
  feeds(rows: readonly number[], arrays: BatchArrays, epoch: number): Readonly<Record<string, Int32Array | Float32Array>>;
  loss(params: Params, batch: TokenBatch, inputs: Readonly<Record<string, Tensor>>, context: LayerContext): Tensor;
  /** What the loss of these examples is a mean over: the examples unless told */
  weight?(rows: readonly number[], epoch: number): number;
  /** Figures of the model as it is, on examples that are not learned; the first decides which model is best unless told. */
  evaluate?(): Promise<Readonly<Record<string, number>>>;
  /** Writes the model as it is, as Python reads it, with further files. */
  save?(folder: string, extra: Files): Promise<void>;
}

/** @throws TetradError ARGUMENT for options that contradict each other, DIVERGED where the loss is no longer finite; the parameters are then those of the step before */
export async function train(engine: Engine, task: TrainingTask, given: TrainingOptions): Promise<TrainingRun> {
  const options: CompleteOptions = { ...TRAINING_DEFAULTS, ...given };
  check(options, task);
  const trainer = new Trainer(engine, task, options);
  try {
    return await trainer.run();
  } finally {
    trainer.close();
  }
}

function check(options: CompleteOptions, { evaluate }: TrainingTask): void {
  const { evalStrategy, loadBestModelAtEnd, earlyStoppingPatience } = options;
  const needs = loadBestModelAtEnd ? "loadBestModelAtEnd" : earlyStoppingPatience === undefined ? undefined : "earlyStoppingPatience";
  if (needs !== undefined && evalStrategy === "no")
    throw new TetradError("ARGUMENT", {
      op: "train",
      what: `${needs} needs evaluations`,
      got: 'evalStrategy "no"',
      expected: '"epoch" or "steps"',
    });
  if (evalStrategy !== "no" && evaluate === undefined)
    throw new TetradError("ARGUMENT", { op: "train", what: "there is nothing to evaluate on", hint: "give examples that are not learned" });
  for (const name of ["perDeviceTrainBatchSize", "gradientAccumulationSteps", "loggingSteps", "evalSteps", "saveSteps"] as const) {
    if (!Number.isInteger(options[name]) || options[name] < 1)
      throw new TetradError("ARGUMENT", { op: "train", what: `${name} must be a whole number above 0`, got: `${options[name]}` });
  }
}

class Trainer {
  readonly #size: number;
  readonly #limits: BatchLimits;
  readonly #perEpoch: number;
  readonly #steps: number;
  readonly #epochs: number;
  readonly #lr: (step: number) => number;
  readonly #losses: number[] = [];
  readonly #log: LogEntry[] = [];
  readonly #scores: Scores;
  #program: TrainProgram | undefined;
  /** Layers that the program at hand trains */
  #depth: number | undefined;
  #tokens = 0;
  #taken = 0;
  readonly #begin = performance.now();

  constructor(
    private readonly engine: Engine,
    private readonly task: TrainingTask,
    private readonly options: CompleteOptions,
  ) {
    const { sequences } = task;
    this.#size = Math.min(options.perDeviceTrainBatchSize, sequences.length);
    this.#limits = limitsOf(sequences, this.#size, task.model.backbone.virtualKeys);
    this.#perEpoch = Math.ceil(Math.ceil(sequences.length / this.#size) / options.gradientAccumulationSteps);
    this.#steps = options.maxSteps ?? Math.ceil(this.#perEpoch * options.numTrainEpochs);
    this.#epochs = Math.ceil(this.#steps / this.#perEpoch);
    this.#lr = scheduleOf(options, this.#steps);
    this.#scores = new Scores(options, options.resume);
  }

  async run(): Promise<TrainingRun> {
    const { options, task } = this;
    const { resume } = options;
    await this.#compile(0);
    if (resume !== undefined) this.#restore(resume);
    const control: TrainerControl = { shouldTrainingStop: false, shouldEvaluate: false, shouldSave: false, shouldLog: false };
    await this.#tell("onTrainBegin", control);
    const before = this.#losses.length;
    let number = 0;
    for (let epoch = 0; epoch < this.#epochs && !this.#stopped(control); epoch++) {
      if (number + this.#perEpoch > before) {
        await this.#compile(epoch);
        await this.#tell("onEpochBegin", control);
      }
      for (const batches of stepsOf(task.sequences.length, this.#size, options, epoch)) {
        number += 1;
        if (number <= before) continue;
        await this.#step(batches, epoch);
        this.#progress(epoch);
        await this.#afterStep(control, number % this.#perEpoch === 0);
        if (this.#stopped(control) || number === this.#steps) break;
      }
      if (number > before) await this.#tell("onEpochEnd", control);
    }
    if (this.#aborted() && this.#losses.length < this.#steps) await this.#save(control);
    else if (options.loadBestModelAtEnd && this.#scores.best !== undefined) await this.#loadBest();
    await this.#tell("onTrainEnd", control);
    return {
      ...this.#logged(),
      steps: this.#losses.length,
      seconds: this.#seconds(),
      tokens: this.#tokens,
      losses: this.#losses,
      placement: (this.#program as TrainProgram).placement,
      interrupted: this.#aborted() && this.#losses.length < this.#steps,
    };
  }

  close(): void {
    this.#program?.close();
    this.engine.releaseOptimizerState(this.task.model.store);
  }

  /** The program of an epoch: another one where more layers are trained than before. */
  async #compile(epoch: number): Promise<void> {
    const { engine, task, options } = this;
    const { store, backbone, within } = task.model;
    const { unfreezeEvery, layerwiseLrDecay, gradientCheckpointing, gradientAccumulationSteps, adversarial, seed } = options;
    const most = backbone.cache.layers + 1;
    const depth = unfreezeEvery === undefined ? most : Math.min(most, Math.floor(epoch / unfreezeEvery));
    if (depth === this.#depth) return;
    this.#program?.close();
    this.#depth = depth;
    const context: LayerContext = { training: true, recompute: gradientCheckpointing };
    const several = gradientAccumulationSteps > 1;
    const rate = (name: string) => {
      const own = depthOf(backbone, name);
      return own > depth ? 0 : layerwiseLrDecay ** own;
    };
    this.#program = await engine.compile(
      store,
      { ...batchSpecs(this.#limits), ...task.inputs(this.#limits), ...(several && { share: { shape: [], dtype: store.dtype } }) },
      (all, inputs) => {
        const { share, ...own } = inputs;
        const params = within(all, context);
        const lossOf = (moved: Params) => task.loss(moved, own as unknown as TokenBatch, own, context);
        const loss = adversarial === undefined ? lossOf(params) : adversarialLoss(lossOf, params, backbone.embeddings, adversarial).loss;
        return share === undefined ? loss : mul(loss, share);
      },
      { optimizer: optimizerOf(options, this.#lr, rate), seed, accumulation: gradientAccumulationSteps - 1 },
    );
  }

  /** One optimiser step over some batches of rows. */
  async #step(batches: readonly (readonly number[])[], epoch: number): Promise<void> {
    const { task, options } = this;
    const program = this.#program as TrainProgram;
    const several = options.gradientAccumulationSteps > 1;
    const weights = several ? batches.map((rows) => task.weight?.(rows, epoch) ?? rows.length) : [];
    const all = weights.reduce((a, b) => a + b, 0);
    let loss = 0;
    for (const [i, rows] of batches.entries()) {
      const arrays = packBatch(
        rows.map((row) => task.sequences[row] as Ids),
        this.#limits,
        task.model.backbone.causal,
      );
      const share = several ? { share: [(weights[i] as number) / all] } : {};
      const feeds = { ...arrays, ...task.feeds(rows, arrays, epoch), ...share };
      loss += (await (i + 1 < batches.length ? program.accumulate(feeds) : program.step(feeds))).loss;
      this.#tokens += arrays.ids.length;
    }
    this.#losses.push(loss);
    this.#taken += 1;
  }

  /** Log, evaluation and checkpoint, where they are due or asked for. */
  async #afterStep(control: TrainerControl, epochEnds: boolean): Promise<void> {
    const { loggingSteps, evalStrategy, evalSteps, saveStrategy, saveSteps, earlyStoppingPatience } = this.options;
    const step = this.#losses.length;
    const last = step === this.#steps;
    const due = (strategy: string, every: number) =>
      strategy === "steps" ? step % every === 0 : strategy === "epoch" && (epochEnds || last);
    control.shouldLog = step % loggingSteps === 0 || last;
    control.shouldEvaluate = due(evalStrategy, evalSteps);
    control.shouldSave = due(saveStrategy, saveSteps);
    await this.#tell("onStepEnd", control);
    if (control.shouldLog) await this.#logLosses(control);
    if (control.shouldEvaluate) {
      await this.#evaluate(control);
      if (earlyStoppingPatience !== undefined && this.#scores.worse >= earlyStoppingPatience) control.shouldTrainingStop = true;
    }
    if (control.shouldSave) await this.#save(control);
  }

  async #logLosses(control: TrainerControl): Promise<void> {
    const step = this.#losses.length;
    const from = this.#log.findLast(({ loss }) => loss !== undefined)?.step ?? 0;
    if (from < step)
      await this.#record(control, {
        grad_norm: (this.#program as TrainProgram).gradientNorm,
        learning_rate: this.#lr(step - 1),
        loss: mean(this.#losses.slice(from)),
      });
  }

  async #evaluate(control: TrainerControl): Promise<void> {
    const { task, engine } = this;
    const begin = performance.now();
    const figures = await (task.evaluate as NonNullable<TrainingTask["evaluate"]>)();
    const metrics = Object.fromEntries(Object.entries(figures).map(([name, value]) => [`eval_${name}`, value]));
    await this.#record(control, { ...metrics, eval_runtime: (performance.now() - begin) / 1000 });
    const better = this.#scores.take(metrics);
    if (better !== undefined) {
      const [params] = (await engine.trainingState(task.model.store)).segments;
      this.#scores.keep(better, this.#losses.length, params as Float32Array);
    }
    await this.#tell("onEvaluate", control, metrics);
  }

  async #record(control: TrainerControl, figures: Readonly<Record<string, number>>): Promise<void> {
    const entry: LogEntry = { epoch: this.#epoch(), ...figures, step: this.#losses.length };
    this.#log.push(entry);
    await this.#tell("onLog", control, entry);
  }

  async #save(control: TrainerControl): Promise<void> {
    const { engine, task, options } = this;
    const { best, worse } = this.#scores;
    const state: RunState = { training: await engine.trainingState(task.model.store, this.#losses), log: [...this.#log], best, worse };
    await options.onSave?.(state, async (folder, about) => task.save?.(folder, runStateFiles(state, this.#logged(), about)));
    await this.#tell("onSave", control);
  }

  #restore({ training, log }: RunState): void {
    const { losses, step } = training;
    if (losses.length !== step || step > this.#steps) {
      throw new TetradError("ARGUMENT", {
        op: "resume",
        what: "the saved state is of another run",
        got: `step ${step}`,
        expected: `at most ${this.#steps}`,
      });
    }
    this.engine.restoreTrainingState(this.task.model.store, training);
    this.#losses.push(...losses);
    this.#log.push(...log);
  }

  async #loadBest(): Promise<void> {
    const { store } = this.task.model;
    const { segments, ...rest } = await this.engine.trainingState(store);
    const best = this.#scores.best?.params as Float32Array;
    this.engine.restoreTrainingState(store, { ...rest, segments: [best, ...segments.slice(1)] });
  }

  #logged(): Logged {
    const { loggingSteps, evalSteps, saveSteps } = this.options;
    const { best, worse } = this.#scores;
    return {
      epochs: this.#epochs,
      allSteps: this.#steps,
      log: this.#log,
      batchSize: this.#size,
      loggingSteps,
      evalSteps,
      saveSteps,
      best,
      worse,
    };
  }

  async #tell<Event extends keyof TrainerCallback>(event: Event, control: TrainerControl, told?: unknown): Promise<void> {
    const state: TrainerState = {
      globalStep: this.#losses.length,
      maxSteps: this.#steps,
      epoch: this.#epoch(),
      logHistory: this.#log,
      bestMetric: this.#scores.best?.metric ?? null,
      bestStep: this.#scores.best?.step ?? null,
    };
    for (const callback of this.options.callbacks ?? []) {
      await (callback[event] as ((...args: unknown[]) => void | Promise<void>) | undefined)?.call(callback, state, control, told);
    }
  }

  #progress(epoch: number): void {
    const step = this.#losses.length;
    this.options.onProgress?.({
      step,
      steps: this.#steps,
      epoch,
      epochs: this.#epochs,
      loss: mean(this.#losses.slice(-this.options.loggingSteps)),
      tokensPerSecond: this.#tokens / this.#seconds(),
      secondsLeft: (this.#seconds() / this.#taken) * (this.#steps - step),
    });
  }

  #epoch(): number {
    return this.#losses.length / this.#perEpoch;
  }

  #seconds(): number {
    return (performance.now() - this.#begin) / 1000;
  }

  #aborted(): boolean {
    return this.options.signal?.aborted === true;
  }

  #stopped({ shouldTrainingStop }: TrainerControl): boolean {
    return shouldTrainingStop || this.#aborted();
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The batches of each step of an epoch, as row numbers; the last step may have fewer. */
function* stepsOf(
  rows: number,
  size: number,
  { gradientAccumulationSteps, seed }: CompleteOptions,
  epoch: number,
): Generator<readonly (readonly number[])[]> {
  let batches: (readonly number[])[] = [];
  for (const batch of batchesOf(rows, size, seed, epoch)) {
    batches.push(batch);
    if (batches.length < gradientAccumulationSteps) continue;
    yield batches;
    batches = [];
  }
  if (batches.length > 0) yield batches;
}
