/** Part two of the demonstration: the age of the universe learnt twice, by a linear theory and by a network. */
import { join } from "node:path";
import { type Engine, encodeInputs, encodeTarget, type FitProgress, readModelFolder, writeFileAtomic } from "@tetrad/engine";
import { loadYaml } from "../config/load-yaml.js";
import { type TrainConfig, trainConfig } from "../config/train-config.js";
import { csvText } from "../csv-text.js";
import { type Prepared, prepare } from "../training/prepare.js";
import { type TrainOutcome, train } from "../training/train.js";
import { closedForm, inOwnUnits } from "./ridge.js";

export interface Emulator {
  readonly config: TrainConfig;
  readonly prepared: Prepared;
  readonly outcome: TrainOutcome;
  /** The saved model's folder. */
  readonly model: string;
  readonly seconds: number;
}

export interface EmulatorRequest {
  readonly engine: Engine;
  readonly config: string;
  readonly model: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FitProgress) => void;
}

export async function trainEmulator({ engine, config: path, model, signal, onProgress }: EmulatorRequest): Promise<Emulator> {
  const begin = performance.now();
  const config = await loadYaml(path, trainConfig);
  const prepared = await prepare(path, config);
  const outcome = await train({
    engine,
    config,
    prepared,
    out: model,
    resume: false,
    command: `tetrad train ${path} --out ${model}`,
    signal,
    onProgress,
  });
  return { config, prepared, outcome, model, seconds: (performance.now() - begin) / 1000 };
}

export interface LinearCoefficients {
  /** Names of the inputs, then "1" for the intercept. */
  readonly names: readonly string[];
  readonly descent: readonly number[];
  readonly closedForm: readonly number[];
  readonly lambda: number;
  /** Largest difference between the two, over the largest coefficient. */
  readonly difference: number;
}

/** The linear theory as gradient descent left it, beside its closed form. */
export async function linearCoefficients(engine: Engine, { config, prepared, model }: Emulator): Promise<LinearCoefficients> {
  const { preprocessing, table, split } = prepared;
  const { tensors } = await readModelFolder(model);
  const lambda = config.optimizer.weightDecay;
  const { x } = encodeInputs(preprocessing, table, split.train);
  const exact = await closedForm(engine, x, encodeTarget(preprocessing, table, split.train) as Float32Array, lambda);
  const descent = inOwnUnits(preprocessing, tensors.read("layers.0.weight").data, tensors.read("layers.0.bias").data[0] as number);
  const closed = inOwnUnits(preprocessing, exact, 0);
  const largest = Math.max(...closed.map(Math.abs));
  const difference = Math.max(...closed.map((value, i) => Math.abs(value - (descent[i] as number)))) / largest;
  return { names: [...preprocessing.inputs.map(({ name }) => name), "1"], descent, closedForm: closed, lambda, difference };
}

/** The rows kept for testing, as a file of their own. */
export async function writeHeldOut(folder: string, { table, split }: Prepared): Promise<string> {
  const path = join(folder, "held-out.csv");
  await writeFileAtomic(path, `${csvText([table.columns, ...Array.from(split.test, (row) => table.rows[row] as readonly string[])])}\n`);
  return path;
}
