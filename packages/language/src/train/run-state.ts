/** A run of fine-tuning at rest: what a checkpoint holds beside the model, and what resuming needs to give the same bits. */

import {
  decodeState,
  encodeState,
  type JsonObject,
  openSafetensors,
  parseJsonObject,
  readBytes,
  TetradError,
  type TrainingState,
  type TrainProgram,
  writeSafetensors,
} from "@tetrad/engine";
import { optional } from "../weights/read.js";
import { type LogEntry, type Logged, trainerState } from "./trainer-state.js";

export interface Best {
  readonly metric: number;
  readonly step: number;
  /** Flat, what is trained */
  readonly params: Float32Array | Float64Array;
}

export interface RunState {
  readonly training: TrainingState;
  readonly log: readonly LogEntry[];
  readonly best?: Best | undefined;
  /** Evaluations since the best one */
  readonly worse: number;
  /** What the steps ran on: anything else gives other bits from here on */
  readonly backend?: TrainProgram["runsOn"] | undefined;
}

const OPTIMIZER = "optimizer.safetensors";
const STATE = "trainer_state.json";
const BEST = "best.safetensors";
const RUN = "run";
const BACKEND = "backend";

/**
 * Files by name: `trainer_state.json` as transformers' Trainer writes it, the optimiser's state with the flat parameters, and those of the best evaluation.
 * @param about what else decides what the run computes, as text that `readRun` compares
 */
export function runStateFiles(
  state: RunState,
  logged: Omit<Logged, "log" | "best">,
  about: string,
): Readonly<Record<string, Uint8Array | string>> {
  const { training, log, best, worse, backend } = state;
  return {
    [OPTIMIZER]: encodeState(training, { [RUN]: about, ...(backend !== undefined && { [BACKEND]: backend }) }),
    [STATE]: trainerState({ ...logged, log, best, worse }),
    ...(best !== undefined && { [BEST]: writeSafetensors({ params: { shape: [best.params.length], data: best.params } }) }),
  };
}

/** @throws TetradError IO, FORMAT for what is no checkpoint of a run */
export async function readRunState(folder: string): Promise<{ readonly state: RunState; readonly about: string }> {
  const bytes = await readBytes(`${folder}/${OPTIMIZER}`);
  const { [RUN]: about = "", [BACKEND]: backend } = openSafetensors(bytes, `${folder}/${OPTIMIZER}`).metadata;
  const source = `${folder}/${STATE}`;
  const saved = parseJsonObject(await readBytes(source), source);
  const { log_history: log, best_metric: metric, best_global_step: step, stateful_callbacks: callbacks } = saved;
  const params = await optional(`${folder}/${BEST}`);
  if (!Array.isArray(log)) throw new TetradError("FORMAT", { op: source, what: 'there is no list "log_history"' });
  return {
    about,
    state: {
      training: decodeState(bytes, `${folder}/${OPTIMIZER}`),
      log: log as unknown as readonly LogEntry[],
      worse: worseIn(callbacks as JsonObject | undefined),
      ...(backend !== undefined && { backend: backend as TrainProgram["runsOn"] }),
      ...(params !== undefined &&
        typeof metric === "number" && {
          best: { metric, step: step as number, params: openSafetensors(params, `${folder}/${BEST}`).read("params").data as Float32Array },
        }),
    },
  };
}

function worseIn(callbacks: JsonObject | undefined): number {
  const { attributes } = (callbacks?.["EarlyStoppingCallback"] ?? {}) as { attributes?: { early_stopping_patience_counter?: number } };
  return attributes?.early_stopping_patience_counter ?? 0;
}
