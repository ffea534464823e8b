/** Training of a language model on packed batches, as transformers' Trainer goes about it: steps of one or several batches, a log, evaluations, checkpoints. */

import { type Engine, TetradError } from "@tetrad/engine";
import type { TrainerCallback, TrainerControl, TrainerState } from "./callbacks.js";
import { type Lesson, type LessonStep, LessonTrainer } from "./lesson.js";
import { scheduleOf } from "./optimizer.js";
import { type CompleteOptions, TRAINING_DEFAULTS, type TrainingOptions } from "./options.js";
import { type RunState, runStateFiles } from "./run-state.js";
import { Scores } from "./scores.js";
import type { LogEntry, Logged } from "./trainer-state.js";
import { type TurnOptions, turnsOf } from "./turns.js";

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

/** What is done with a model beside its steps. */
interface Watched {
  /** Figures of the model as it is, on examples that are not learned; the first decides which model is best unless told. */
  evaluate?(): Promise<Readonly<Record<string, number>>>;
  /** Writes the model as it is, as Python reads it, with further files. */
  save?(folder: string, extra: Files): Promise<void>;
}

export interface TrainingTask extends Lesson, Watched {}

/** Lessons over one store of parameters, by name. */
export interface Mixture extends Watched, TurnOptions {
  readonly lessons: Readonly<Record<string, Lesson>>;
}

/** @throws TetradError ARGUMENT for options that contradict each other, UNSUPPORTED for a model that is to be trained whole and is quantised, DIVERGED where the loss is no longer finite; the parameters are then those of the step before */
export function train(engine: Engine, task: TrainingTask, given: TrainingOptions): Promise<TrainingRun> {
  return runOf(engine, { ...task, lessons: [task], names: [] }, given);
}

/**
 * Each step is one of one lesson, with a log of the loss of each; parameters that only other lessons have stand still in it, moments and all.
 * @throws TetradError as `train`
 */
export function trainTogether(engine: Engine, { lessons, ...rest }: Mixture, given: TrainingOptions): Promise<TrainingRun> {
  return runOf(engine, { ...rest, lessons: Object.values(lessons), names: Object.keys(lessons) }, given);
}

interface Plan extends Watched, TurnOptions {
  readonly lessons: readonly Lesson[];
  /** Of the lessons, where their losses are told apart */
  readonly names: readonly string[];
}

async function runOf(engine: Engine, plan: Plan, given: TrainingOptions): Promise<TrainingRun> {
  const options: CompleteOptions = { ...TRAINING_DEFAULTS, ...given };
  check(options, plan);
  const trainer = new Trainer(engine, plan, options);
  try {
    return await trainer.run();
  } finally {
    trainer.close();
  }
}

function check(options: CompleteOptions, { evaluate, lessons }: Plan): void {
  if (lessons.some(({ model: { adapted, store } }) => adapted === undefined && store.layout.some(({ stored }) => stored !== undefined)))
    throw new TetradError("UNSUPPORTED", {
      op: "train",
      what: "weights that stay as they are stored cannot be trained",
      hint: "train an adapter (peft), or open the model without `quantized` and `quantize`",
    });
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
  readonly #lessons: readonly LessonTrainer[];
  readonly #perEpoch: number;
  readonly #steps: number;
  readonly #epochs: number;
  readonly #lr: (step: number) => number;
  readonly #losses: number[] = [];
  /** The lesson of each step */
  readonly #turns: number[] = [];
  readonly #log: LogEntry[] = [];
  readonly #scores: Scores;
  /** Layers that the programs at hand train */
  #depth: number | undefined;
  #runsOn: RunState["backend"];
  #tokens = 0;
  #taken = 0;
  readonly #begin = performance.now();

  constructor(
    private readonly engine: Engine,
    private readonly plan: Plan,
    private readonly options: CompleteOptions,
  ) {
    this.#lessons = plan.lessons.map((lesson) => new LessonTrainer(engine, lesson, options));
    this.#perEpoch = this.#lessons.reduce((sum, { perEpoch }) => sum + perEpoch, 0);
    this.#steps = options.maxSteps ?? Math.ceil(this.#perEpoch * options.numTrainEpochs);
    this.#epochs = Math.ceil(this.#steps / this.#perEpoch);
    this.#lr = scheduleOf(options, this.#steps);
    this.#scores = new Scores(options, options.resume);
    this.#runsOn = options.resume?.backend;
  }

  async run(): Promise<TrainingRun> {
    const { options } = this;
    const { resume } = options;
    await this.#compile(0);
    if (resume !== undefined) this.#restore(resume);
    const control: TrainerControl = { shouldTrainingStop: false, shouldEvaluate: false, shouldSave: false, shouldLog: false };
    await this.#tell("onTrainBegin", control);
    const before = this.#losses.length;
    const course = this.#course();
    let number = 0;
    for (let epoch = 0; epoch < this.#epochs && !this.#stopped(control); epoch++) {
      if (number + this.#perEpoch > before) {
        await this.#compile(epoch);
        await this.#tell("onEpochBegin", control);
      }
      for (let i = 0; i < this.#perEpoch; i++) {
        const step = course.next().value;
        this.#turns.push(step.lesson);
        number += 1;
        if (number <= before) continue;
        await this.#step(step);
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
      placement: (this.#lessons[0] as LessonTrainer).program.placement,
      interrupted: this.#aborted() && this.#losses.length < this.#steps,
    };
  }

  close(): void {
    for (const lesson of this.#lessons) lesson.close();
    this.engine.releaseOptimizerState(this.#model.store);
  }

  /** Of the first lesson: backbone and store are those of all. */
  get #model(): Lesson["model"] {
    return (this.plan.lessons[0] as Lesson).model;
  }

  /** The programs of an epoch: others where more layers are trained than before. */
  async #compile(epoch: number): Promise<void> {
    const { unfreezeEvery } = this.options;
    const most = this.#model.backbone.cache.layers + 1;
    const depth = unfreezeEvery === undefined ? most : Math.min(most, Math.floor(epoch / unfreezeEvery));
    if (depth === this.#depth) return;
    this.#depth = depth;
    // The CPU and a GPU round differently: which is faster is measured once a training.
    for (const lesson of this.#lessons) {
      await lesson.compile(depth, this.#lr, this.#runsOn);
      this.#runsOn ??= lesson.program.runsOn;
    }
  }

  /** All steps in their order, which a run that is resumed goes through again. */
  *#course(): Generator<LessonStep & { readonly lesson: number }, never> {
    const steps = this.#lessons.map((lesson) => lesson.steps());
    const turns = turnsOf(
      this.#lessons.map(({ perEpoch }) => perEpoch),
      this.plan,
      this.options.seed,
    );
    for (;;) {
      const lesson = turns.next().value;
      yield { lesson, ...(steps[lesson] as Generator<LessonStep, never>).next().value };
    }
  }

  async #step({ lesson, ...step }: LessonStep & { readonly lesson: number }): Promise<void> {
    const { loss, tokens } = await (this.#lessons[lesson] as LessonTrainer).step(step);
    this.#losses.push(loss);
    this.#tokens += tokens;
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
        grad_norm: (this.#lessons[0] as LessonTrainer).program.gradientNorm,
        learning_rate: this.#lr(step - 1),
        loss: mean(this.#losses.slice(from)),
        ...this.#lessonLosses(from),
      });
  }

  /** Mean loss of each lesson since a step, before its weight, where it has had a turn. */
  #lessonLosses(from: number): Readonly<Record<string, number>> {
    const { names, lessons } = this.plan;
    const found = names.flatMap((name, lesson) => {
      const own = this.#losses.slice(from).filter((_, i) => this.#turns[from + i] === lesson);
      return own.length === 0 ? [] : [[`loss_${name}`, mean(own) / (lessons[lesson]?.lossWeight ?? 1)] as const];
    });
    return Object.fromEntries(found);
  }

  async #evaluate(control: TrainerControl): Promise<void> {
    const { plan, engine } = this;
    const begin = performance.now();
    const figures = await (plan.evaluate as NonNullable<Watched["evaluate"]>)();
    const metrics = Object.fromEntries(Object.entries(figures).map(([name, value]) => [`eval_${name}`, value]));
    await this.#record(control, { ...metrics, eval_runtime: (performance.now() - begin) / 1000 });
    const better = this.#scores.take(metrics);
    if (better !== undefined) {
      const [params] = (await engine.trainingState(this.#model.store)).segments;
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
    const { engine, plan, options } = this;
    const { best, worse } = this.#scores;
    const backend = this.#runsOn;
    const training = await engine.trainingState(this.#model.store, this.#losses);
    const state: RunState = { training, log: [...this.#log], best, worse, backend };
    await options.onSave?.(state, async (folder, about) => plan.save?.(folder, runStateFiles(state, this.#logged(), about)));
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
    this.engine.restoreTrainingState(this.#model.store, training);
    for (const loss of losses) this.#losses.push(loss); // one a step: too many for the stack
    for (const entry of log) this.#log.push(entry);
  }

  async #loadBest(): Promise<void> {
    const { store } = this.#model;
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
      batchSize: Math.max(...this.#lessons.map(({ size }) => size)),
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
