/** The training loop: the data set stays with the backend, batches are gathered there, and many steps run in one call. */

import { type Executable, SCALAR, type Segment } from "../backends/backend.js";
import type { HostArray } from "../dtype.js";
import type { Engine, OptimizerState } from "../engine.js";
import { TetradError } from "../errors.js";
import { type HostNd, type NdInput, toNd } from "../nd-input.js";
import type { Model } from "../nn/model.js";
import { type Optimizer, rateAt } from "../optim/optimizer.js";
import type { Schedule } from "../optim/schedules.js";
import { formatShape, sizeOf } from "../shape.js";
import type { Store } from "../store.js";
import type { Tensor } from "../tensor.js";
import { diverged } from "../train-program.js";
import { restoreState, type TrainingState, takeState } from "./state.js";
import { TrainedModel } from "./trained-model.js";

export type Loss = (prediction: Tensor, target: Tensor) => Tensor;

export interface FitProgress {
  /** Epochs finished, and steps taken, of how many. */
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
  /** Mean loss of the present epoch so far. */
  readonly loss: number;
  readonly validationLoss: number | undefined;
  readonly microsecondsPerStep: number;
  readonly secondsLeft: number;
}

export interface FitOptions {
  /** Rows of inputs (n, …) and targets (n, …); integer arrays as targets are class labels. */
  readonly x: NdInput;
  readonly y: NdInput;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly batchSize?: number;
  readonly epochs?: number;
  readonly validation?: { readonly x: NdInput; readonly y: NdInput };
  /** Learning rate by step in place of the optimiser's own; gets the total number of steps. */
  readonly schedule?: (steps: number) => Schedule;
  readonly shuffle?: boolean;
  /** Seed of initial parameters, order of rows and dropout. */
  readonly seed?: number;
  /** Continue a run whose state was saved; gives the same bits as if it had never stopped. */
  readonly resume?: TrainingState;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FitProgress) => void;
  readonly threads?: number;
}

export interface FitHistory {
  /** Mean loss of each epoch. */
  readonly loss: readonly number[];
  readonly validationLoss: readonly number[];
  /** Loss of every step. */
  readonly steps: readonly number[];
}

export interface FitRun {
  readonly model: TrainedModel;
  readonly history: FitHistory;
  readonly steps: number;
  readonly microsecondsPerStep: number;
  /** One line: threads and why. */
  readonly placement: string;
  /** `cancelled` when the signal ended it early. */
  readonly outcome: "finished" | "cancelled" | "diverged";
  /** What `resume` needs to go on. */
  readonly state: TrainingState;
}

/** The loss of `fit` became NaN or infinite; `run` holds model and state as they were after the last good epoch. */
export class DivergedError extends TetradError {
  constructor(
    error: TetradError,
    readonly run: FitRun,
  ) {
    super("DIVERGED", error.parts ?? error.message, { cause: error.cause });
  }
}

/** An epoch whose mean loss is so many times the best one's is on its way to infinity and not kept as good. */
const GOOD_RATIO = 10;

/** Longest a job runs before progress is reported and a signal is heard (ms). */
const JOB_MS = 25;
/** Steps of one job at most: entries of the loss ring. */
const JOB_STEPS = 4096;

export async function fit(engine: Engine, model: Model, options: FitOptions): Promise<FitRun> {
  const { batchSize = 32, epochs = 10, seed = 0, shuffle = true } = options;
  for (const [name, value] of [
    ["batchSize", batchSize],
    ["epochs", epochs],
  ] as const) {
    if (!Number.isInteger(value) || value < 1)
      throw new TetradError("ARGUMENT", { op: "fit", what: `${name} must be a positive integer`, got: `${value}` });
  }
  const { x, y, rows } = trainingData(model, options.x, options.y);
  if (typeof options.loss !== "function" || typeof options.optimizer?.updateOf !== "function") {
    throw new TetradError("ARGUMENT", { op: "fit", what: "no loss or no optimizer" });
  }
  let settings: Settings = { ...options, batchSize: Math.min(batchSize, rows), epochs, seed, shuffle };
  for (let losses = 0; ; losses++) {
    const store = engine.store(model.params, { seed });
    const loop = new FitLoop(engine, model, store, { x, y, rows }, settings);
    try {
      await loop.prepare();
      return await loop.run();
    } catch (error) {
      if (!(error instanceof TetradError) || error.code !== "DEVICE_LOST" || losses === MOST_LOSSES) throw error;
      const resume = loop.lastGood ?? settings.resume;
      if (resume !== undefined) settings = { ...settings, resume };
      const where = await engine.backend.recover();
      engine.warn(`${error.message.split(". Hint")[0]}; training goes on from step ${resume?.step ?? 0} on ${where}`);
    } finally {
      loop.close();
    }
  }
}

/** Devices that one run may lose before it gives up. */
const MOST_LOSSES = 3;

interface Rows {
  readonly x: HostNd;
  readonly y: HostNd;
  readonly rows: number;
}

function trainingData(model: Model, xInput: NdInput, yInput: NdInput): Rows {
  const width = sizeOf(model.inputShape);
  const flatX = toNd(xInput);
  // A flat array of rows is understood by the model's own row size.
  const x =
    flatX.shape.length === 1 && width > 1 && flatX.data.length % width === 0
      ? { ...flatX, shape: [flatX.data.length / width, ...model.inputShape] }
      : flatX;
  const rows = x.shape[0] ?? 0;
  if (rows === 0) throw new TetradError("DATA", { op: "fit", what: "there are no rows to train on", got: formatShape(x.shape) });
  if (sizeOf(x.shape) / rows !== width) {
    throw new TetradError("SHAPE", {
      op: "fit",
      what: "rows of x do not fit the model",
      got: formatShape(x.shape),
      expected: formatShape([rows, ...model.inputShape]),
    });
  }
  const flatY = toNd(yInput);
  const outputs = sizeOf(model.outputShape);
  const y =
    flatY.dtype !== "i32" && flatY.shape.length === 1 && flatY.data.length === rows * outputs
      ? { ...flatY, shape: [rows, ...model.outputShape] }
      : flatY;
  if (y.shape[0] !== rows)
    throw new TetradError("SHAPE", { op: "fit", what: "x and y differ in rows", got: `${rows} and ${y.shape[0] ?? 0}` });
  const float = (array: HostNd): HostNd =>
    array.dtype === "f64" ? { ...array, dtype: "f32", data: Float32Array.from(array.data) } : array;
  return { x: float(x), y: float(y), rows };
}

type Settings = FitOptions & { readonly batchSize: number; readonly epochs: number; readonly seed: number; readonly shuffle: boolean };

class FitLoop {
  readonly #segments: Segment[] = [];
  readonly #perEpoch: number;
  readonly #steps: number;
  readonly #optimizer: Optimizer;
  readonly #losses: number[] = [];
  readonly #epochLosses: number[] = [];
  readonly #validationLosses: number[] = [];
  #executable: Executable | undefined;
  #state: OptimizerState | undefined;
  #evaluate: ((data: Rows) => Promise<number>) | undefined;
  #validation: Rows | undefined;
  #step = 0;
  /** The run after the last good epoch; its losses are the first `step` of this run's. */
  #good: TrainingState | undefined;
  #started = false;
  #busyMs = 0;
  #timedSteps = 0;

  constructor(
    private readonly engine: Engine,
    private readonly model: Model,
    private readonly store: Store,
    private readonly data: Rows,
    private readonly settings: Settings,
  ) {
    this.#perEpoch = Math.ceil(data.rows / settings.batchSize);
    this.#steps = this.#perEpoch * settings.epochs;
    const schedule = settings.schedule?.(this.#steps);
    this.#optimizer = schedule === undefined ? settings.optimizer : { ...settings.optimizer, lr: schedule };
  }

  async prepare(): Promise<void> {
    const { engine, model, store, data, settings } = this;
    const { x, y } = data;
    const bounded = data.rows % settings.batchSize === 0 ? {} : { bounded: "batch" };
    const rows = (array: HostNd, count: number) => ({ shape: [count, ...array.shape.slice(1)], dtype: array.dtype });
    const step = (params: Record<string, Tensor>, inputs: Record<string, Tensor>, training: boolean) =>
      settings.loss(model.apply(params, inputs["x"] as Tensor, { training }), inputs["y"] as Tensor);
    const compiled = await engine.compileTraining(
      store,
      { x: { ...rows(x, settings.batchSize), ...bounded }, y: { ...rows(y, settings.batchSize), ...bounded } },
      (params, inputs) => step(params, inputs, true),
      { optimizer: this.#optimizer, seed: settings.seed, ...(settings.threads !== undefined && { threads: settings.threads }) },
    );
    this.#executable = compiled.executable;
    this.#state = compiled.state;
    if (settings.resume !== undefined) {
      restoreState(settings.resume, store, compiled.state);
      this.#step = settings.resume.step;
      for (const loss of settings.resume.losses) this.#losses.push(loss); // one a step: too many for the stack
      this.#recordEpochs();
    }
    this.#good = await takeState(store, compiled.state, this.#step, []);
    const columns = new Map([
      ["x", this.#segment(x)],
      ["y", this.#segment(y)],
    ]);
    await compiled.executable.attach({
      columns,
      rows: data.rows,
      batchRows: settings.batchSize,
      shuffle: settings.shuffle,
      seed: settings.seed,
    });
    if (settings.validation === undefined) return;
    this.#validation = trainingData(model, settings.validation.x, settings.validation.y);
    const all = this.#validation;
    const count = Math.min(all.rows, 1024);
    const program = await engine.compileWith(
      store,
      { x: { ...rows(all.x, count), bounded: "rows" }, y: { ...rows(all.y, count), bounded: "rows" } },
      (params, inputs) => step(params, inputs, false),
    );
    this.#evaluate = async ({ x: vx, y: vy, rows: total }) => {
      let sum = 0;
      for (let first = 0; first < total; first += count) {
        const n = Math.min(count, total - first);
        const part = (array: HostNd) => array.data.subarray((first * array.data.length) / total, ((first + n) * array.data.length) / total);
        const { output } = await program.call({ x: part(vx), y: part(vy) });
        sum += n * ((output as HostArray)[0] as number);
      }
      return sum / total;
    };
  }

  /** The run after its last good epoch, for another loop to resume. */
  get lastGood(): TrainingState | undefined {
    return this.#good && { ...this.#good, losses: this.#losses.slice(0, this.#good.step) };
  }

  async run(): Promise<FitRun> {
    const { settings } = this;
    const executable = this.#executable as Executable;
    let outcome: FitRun["outcome"] = "finished";
    while (this.#step < this.#steps) {
      if (settings.signal?.aborted === true) {
        outcome = "cancelled";
        break;
      }
      await this.#job(executable);
      await this.#endEpochs();
      this.#report();
    }
    return this.#result(executable, outcome);
  }

  async #result(executable: Executable, outcome: FitRun["outcome"]): Promise<FitRun> {
    return {
      model: new TrainedModel(this.engine, this.model, this.store),
      history: { loss: this.#epochLosses, validationLoss: this.#validationLosses, steps: this.#losses },
      steps: this.#step,
      microsecondsPerStep: this.#microseconds(),
      placement: executable.placement,
      outcome,
      state: await takeState(this.store, this.#state as OptimizerState, this.#step, this.#losses),
    };
  }

  close(): void {
    this.#executable?.close();
    this.engine.releaseOptimizerState(this.store);
    for (const segment of this.#segments) segment.release();
  }

  #segment(array: HostNd): Segment {
    const segment = this.engine.backend.allocate(array.dtype, array.data.length);
    segment.write(array.data);
    this.#segments.push(segment);
    return segment;
  }

  /** Runs steps for the job's time, or up to where the host is needed: a ragged batch, or the end of an epoch that is validated. */
  async #job(executable: Executable): Promise<void> {
    const { batchSize } = this.settings;
    const inEpoch = this.#step % this.#perEpoch;
    const ragged = this.data.rows % batchSize;
    const full = ragged === 0 ? this.#perEpoch : this.#perEpoch - 1;
    const lastBatch = inEpoch === full;
    if (ragged !== 0) executable.setLive("batch", lastBatch ? ragged : batchSize);
    const free = ragged === 0 && this.#evaluate === undefined ? this.#steps - this.#step : full - inEpoch;
    const steps = lastBatch ? 1 : Math.min(free, this.#jobSteps(), JOB_STEPS);
    const rates = Float64Array.from({ length: steps }, (_, i) => rateAt(this.#optimizer, this.#step + i));
    const before = performance.now();
    const done = await executable.runSteps(steps, rates);
    // The first job also starts the worker, which is no property of the step.
    if (this.#started) {
      this.#busyMs += performance.now() - before;
      this.#timedSteps += done;
    }
    this.#started = true;
    this.#losses.push(...executable.losses(done));
    this.#step += done;
    if (executable.stopped) {
      const scalars = (this.#state as OptimizerState).scalars.view();
      const error = diverged(scalars[SCALAR.lastLoss] as number, this.#step, await executable.findNonFinite());
      const good = this.#good as TrainingState;
      restoreState(good, this.store, this.#state as OptimizerState);
      this.#step = good.step;
      this.#losses.length = good.step;
      this.#epochLosses.length = Math.floor(good.step / this.#perEpoch);
      throw new DivergedError(error, await this.#result(executable, "diverged"));
    }
    if (done !== steps && this.settings.signal?.aborted !== true) {
      if (this.engine.closed) throw new TetradError("CANCELLED", { op: "fit", what: "the engine was closed" });
      throw new TetradError("INTERNAL", { op: "fit", what: "a job ended early", got: `${done} of ${steps} steps` });
    }
  }

  #jobSteps(): number {
    if (this.#timedSteps === 0) return 1;
    return Math.max(1, Math.floor(JOB_MS / (this.#busyMs / this.#timedSteps)));
  }

  /** Records the epochs that the last job finished. */
  async #endEpochs(): Promise<void> {
    const before = this.#epochLosses.length;
    this.#recordEpochs();
    const finished = this.#epochLosses.length;
    if (finished > before && this.#step % this.#perEpoch === 0) await this.#keepGood();
    if (finished > before && this.#evaluate !== undefined && this.#validation !== undefined)
      this.#validationLosses.push(await this.#evaluate(this.#validation));
  }

  async #keepGood(): Promise<void> {
    const last = this.#epochLosses[this.#epochLosses.length - 1] as number;
    const best = this.#epochLosses.reduce((least, loss) => Math.min(least, loss), Number.POSITIVE_INFINITY);
    if (last <= GOOD_RATIO * best) this.#good = await takeState(this.store, this.#state as OptimizerState, this.#step, []);
  }

  /** Mean loss of each finished epoch that has none yet; of a resumed run, all of them. */
  #recordEpochs(): void {
    for (let end = (this.#epochLosses.length + 1) * this.#perEpoch; end <= this.#step; end += this.#perEpoch)
      this.#epochLosses.push(this.#mean(end - this.#perEpoch, end));
  }

  #mean(from: number, to: number): number {
    let sum = 0;
    for (let i = from; i < to; i++) sum += this.#losses[i] as number;
    return sum / (to - from);
  }

  #microseconds(): number {
    return this.#timedSteps === 0 ? 0 : (this.#busyMs * 1000) / this.#timedSteps;
  }

  #report(): void {
    const { onProgress, epochs } = this.settings;
    if (onProgress === undefined) return;
    const epoch = Math.floor(this.#step / this.#perEpoch);
    const from = this.#step % this.#perEpoch === 0 ? this.#step - this.#perEpoch : epoch * this.#perEpoch;
    onProgress({
      epoch,
      epochs,
      step: this.#step,
      steps: this.#steps,
      loss: this.#mean(Math.max(0, from), this.#step),
      validationLoss: this.#validationLosses[this.#validationLosses.length - 1],
      microsecondsPerStep: this.#microseconds(),
      secondsLeft: ((this.#steps - this.#step) * this.#microseconds()) / 1e6,
    });
  }
}
