/** A training run at rest: parameters, moments, step and losses; what resuming needs to give the same bits. */

import { SCALAR } from "../backends/backend.js";
import type { OptimizerState } from "../engine.js";
import { TetradError } from "../errors.js";
import { readSafetensors, type StorableTensor, writeSafetensors } from "../io/safetensors.js";
import type { Store } from "../store.js";

export interface TrainingState {
  /** Steps taken; with the seed it fixes the order of rows and the random streams. */
  readonly step: number;
  /** Loss of every step so far. */
  readonly losses: readonly number[];
  /** Flat parameters, then each moment. */
  readonly segments: readonly (Float32Array | Float64Array)[];
}

type FloatArray = Float32Array | Float64Array;

/** @param trainedOnly leaves out what only `assign` changes, weights that stand still above all */
export async function takeState(
  store: Store,
  { moments }: OptimizerState,
  step: number,
  losses: readonly number[],
  trainedOnly = false,
): Promise<TrainingState> {
  await Promise.all([store.segment, ...moments].map((segment) => segment.pull()));
  const params = store.segment.view().slice(0, trainedOnly ? trainedLength(store) : undefined) as FloatArray;
  return { step, losses: [...losses], segments: [params, ...moments.map((segment) => segment.view().slice() as FloatArray)] };
}

/** Elements of the flat segment before the states, which lie behind all that is trained. */
function trainedLength({ layout, segment }: Store): number {
  return layout.find(({ state, stored }) => state && stored === undefined)?.offset ?? segment.length;
}

/** @throws TetradError ARGUMENT when the state belongs to another model or optimiser */
export function restoreState(state: TrainingState, store: Store, { moments, scalars }: OptimizerState): void {
  const targets = [store.segment, ...moments];
  const fits = (length: number, i: number) => length === targets[i]?.length || (i === 0 && length === trainedLength(store));
  if (state.segments.length !== targets.length || !state.segments.every(({ length }, i) => fits(length, i))) {
    throw new TetradError("ARGUMENT", {
      op: "resume",
      what: "the saved state belongs to another model or optimiser",
      got: `segments of ${state.segments.map(({ length }) => length).join(", ")}`,
      expected: targets.map(({ length }) => length).join(", "),
    });
  }
  targets.forEach((segment, i) => segment.write(state.segments[i] as FloatArray));
  scalars.write([state.step], SCALAR.step);
}

/** The state as one safetensors file. @param about what else is to be known of the run, as text */
export function encodeState(state: TrainingState, about: Readonly<Record<string, string>> = {}): Uint8Array {
  const tensors: Record<string, StorableTensor> = { losses: { shape: [state.losses.length], data: Float64Array.from(state.losses) } };
  state.segments.forEach((data, i) => {
    tensors[i === 0 ? "params" : `moment.${i - 1}`] = { shape: [data.length], data };
  });
  return writeSafetensors(tensors, { ...about, format: "tetrad-training-state", step: `${state.step}` });
}

/** @throws TetradError FORMAT when the file is not a training state */
export function decodeState(bytes: Uint8Array, source = "training state"): TrainingState {
  const { tensors, metadata } = readSafetensors(bytes, source);
  const step = Number(metadata["step"]);
  const params = tensors.get("params");
  const losses = tensors.get("losses");
  if (metadata["format"] !== "tetrad-training-state" || !Number.isInteger(step) || params === undefined || losses === undefined) {
    throw new TetradError("FORMAT", {
      op: source,
      what: "this is not a training state",
      hint: "resume from the folder of an interrupted run",
    });
  }
  const segments: FloatArray[] = [params.data as FloatArray];
  for (let i = 0; tensors.has(`moment.${i}`); i++) segments.push(tensors.get(`moment.${i}`)?.data as FloatArray);
  return { step, losses: Array.from(losses.data), segments };
}
