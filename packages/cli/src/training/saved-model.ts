/** What the command line keeps in a model's config.json beside the network itself, and how it comes back. */
import { type Engine, type JsonObject, type Preprocessing, parsePreprocessing, TetradError, type TrainedModel } from "@tetrad/engine";
import type { Result } from "./evaluate.js";

/** How the model came to be; enough to train it again. */
export interface TrainingRecord {
  /** The configuration with its defaults filled in. */
  readonly config: JsonObject;
  readonly data: { readonly file: string; readonly sha256: string; readonly rows: number };
  readonly split: { readonly train: number; readonly validation: number; readonly test: number };
  readonly steps: number;
  readonly totalSteps: number;
  readonly backend: string;
  readonly build: string;
}

const KEY = "tetrad";

export function extraConfig(preprocessing: Preprocessing, training: TrainingRecord, metrics?: Result): JsonObject {
  return { [KEY]: { preprocessing, training, ...(metrics === undefined ? {} : { metrics }) } as unknown as JsonObject };
}

export interface SavedModel {
  readonly model: TrainedModel;
  readonly preprocessing: Preprocessing;
  readonly training: TrainingRecord;
}

/** @throws TetradError IO, FORMAT; UNSUPPORTED for a model that was saved without preprocessing */
export async function loadSaved(engine: Engine, folder: string): Promise<SavedModel> {
  const model = await engine.load(folder);
  const extra = model.extra[KEY] as JsonObject | undefined;
  if (extra === undefined)
    throw new TetradError("UNSUPPORTED", {
      op: folder,
      what: "the model was saved without the preprocessing of a table",
      hint: "models of `tetrad train` have it; use others from code, by engine.load",
    });
  return {
    model,
    preprocessing: parsePreprocessing(extra["preprocessing"], `${folder}/config.json`),
    training: extra["training"] as unknown as TrainingRecord,
  };
}
