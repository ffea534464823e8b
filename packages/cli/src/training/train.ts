/** One training run from configuration to saved model: interruptible, resumable, and silent on disk until there is something whole to write. */
import {
  DivergedError,
  decodeState,
  type Engine,
  encodeState,
  type FitHistory,
  type FitProgress,
  type JsonObject,
  readBytes,
  readModelFolder,
  TetradError,
  TRAINING_FILE,
  type TrainingState,
} from "@tetrad/engine";
import type { TrainConfig } from "../config/train-config.js";
import { buildLoss, buildModel, buildOptimizer, buildSchedule } from "./build.js";
import { decode, evaluate, type Predictions, type Result, truth } from "./evaluate.js";
import { encodePart, type Prepared } from "./prepare.js";
import { extraConfig, type TrainingRecord } from "./saved-model.js";

export interface TrainRequest {
  readonly engine: Engine;
  readonly config: TrainConfig;
  readonly prepared: Prepared;
  /** The model's folder. */
  readonly out: string;
  /** Go on with the interrupted run that `out` holds. */
  readonly resume: boolean;
  /** The command to repeat with --resume, for messages. */
  readonly command: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FitProgress) => void;
}

export interface TrainOutcome {
  readonly parameters: number;
  readonly history: FitHistory;
  readonly steps: number;
  readonly microsecondsPerStep: number;
  readonly placement: string;
  /** Of the test part; undefined when there is none. */
  readonly test: { readonly actual: readonly (number | string)[]; readonly predictions: Predictions; readonly result: Result } | undefined;
}

/** @throws TetradError CANCELLED and DIVERGED after saving the state, and whatever reading and writing throw */
export async function train(request: TrainRequest): Promise<TrainOutcome> {
  const { engine, config, prepared, out } = request;
  const { preprocessing, split } = prepared;
  const state = request.resume ? await savedState(request) : undefined;
  const part = (rows: Int32Array) => encodePart(prepared, rows);
  const { x, y } = part(split.train);
  const schedule = buildSchedule(config);
  const fitting = engine.fit(buildModel(config, preprocessing), {
    x,
    y,
    loss: buildLoss(preprocessing),
    optimizer: buildOptimizer(config),
    batchSize: config.batchSize,
    epochs: config.epochs,
    seed: config.seed,
    ...(split.validation.length > 0 && { validation: part(split.validation) }),
    ...(schedule !== undefined && { schedule }),
    ...(state !== undefined && { resume: state }),
    ...(request.signal !== undefined && { signal: request.signal }),
    ...(request.onProgress !== undefined && { onProgress: request.onProgress }),
  });
  const run = await fitting.catch(async (error: unknown) => {
    if (error instanceof DivergedError) await saveDiverged(error, request);
    throw error;
  });
  const totalSteps = Math.ceil(split.train.length / Math.min(config.batchSize, split.train.length)) * config.epochs;
  const record = recordOf(request, run.steps, totalSteps);
  if (run.outcome === "cancelled") {
    await run.model.save(out, extraConfig(preprocessing, record), { [TRAINING_FILE]: encodeState(run.state) });
    throw new TetradError("CANCELLED", {
      op: "train",
      what: `stopped after ${run.steps} of ${totalSteps} steps; the state is saved in ${out}`,
      hint: `go on with: ${request.command} --resume`,
    });
  }
  let test: TrainOutcome["test"];
  if (split.test.length > 0) {
    const predictions = decode(preprocessing, await run.model.predict(part(split.test).x));
    const actual = truth(preprocessing, prepared.table, split.test);
    test = { actual, predictions, result: evaluate(preprocessing, actual, predictions) };
  }
  await run.model.save(out, extraConfig(preprocessing, record, test?.result));
  const { history, steps, microsecondsPerStep, placement } = run;
  return { parameters: run.model.store.size, history, steps, microsecondsPerStep, placement, test };
}

/** Keeps the last good epoch beside where the model would have gone, so that an older model stays; says where. */
async function saveDiverged(error: DivergedError, request: TrainRequest): Promise<never> {
  const { run } = error;
  if (run.history.loss.length === 0) throw error;
  const { preprocessing } = request.prepared;
  const folder = `${request.out.replace(/[/\\]+$/, "")}-diverged`;
  await run.model.save(folder, extraConfig(preprocessing, recordOf(request, run.steps, run.steps)), {
    [TRAINING_FILE]: encodeState(run.state),
  });
  const what = `${error.parts?.what ?? "the loss diverged"}; the model as it was after epoch ${run.history.loss.length} is saved in ${folder}`;
  throw new TetradError("DIVERGED", { ...(error.parts ?? { op: "train" }), what }, { cause: error });
}

function recordOf({ engine, config, prepared }: TrainRequest, steps: number, totalSteps: number): TrainingRecord {
  const { train: a, validation: b, test: c } = prepared.split;
  const { backend, build } = engine.describe();
  return {
    config: config as unknown as JsonObject,
    data: { file: config.data, sha256: prepared.sha256, rows: prepared.table.rows.length },
    split: { train: a.length, validation: b.length, test: c.length },
    steps,
    totalSteps,
    backend,
    build,
  };
}

async function savedState({ out, config, prepared }: TrainRequest): Promise<TrainingState> {
  const { config: saved } = await readModelFolder(out);
  const record = (saved["tetrad"] as { training?: TrainingRecord } | undefined)?.training;
  const path = `${out}/${TRAINING_FILE}`;
  const bytes = await readBytes(path).catch((error: unknown) => {
    if (error instanceof TetradError && error.message.includes("no such file"))
      throw new TetradError("ARGUMENT", {
        op: "resume",
        what: `${out} holds no interrupted run`,
        hint: "leave --resume out to train from the start",
      });
    throw error;
  });
  if (record === undefined || JSON.stringify(record.config) !== JSON.stringify(config))
    throw new TetradError("ARGUMENT", {
      op: "resume",
      what: `${out} was trained with another configuration`,
      hint: "restore the configuration, or leave --resume out to train from the start",
    });
  if (record.data.sha256 !== prepared.sha256)
    throw new TetradError("DATA", {
      op: config.data,
      what: "the data have changed since the run was interrupted",
      hint: "restore the file, or leave --resume out to train from the start",
    });
  return decodeState(bytes, path);
}
