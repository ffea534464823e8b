/** A saved model: a folder of `config.json` (everything that is not a tensor) and `model.safetensors`. */
import { type FileContent, files } from "./files.js";
import { type JsonObject, parseJsonObject } from "./json.js";
import { openSafetensors, type SafetensorsFile, type StorableTensor, writeSafetensors } from "./safetensors.js";

export const CONFIG_FILE = "config.json";
export const TENSORS_FILE = "model.safetensors";
/** State of an interrupted training run, when there is one. */
export const TRAINING_FILE = "training.safetensors";
/** Figures of a finished one, written after the model */
export const RESULTS_FILE = "all_results.json";

export interface ModelFolder {
  readonly config: JsonObject;
  readonly tensors: SafetensorsFile;
}

/** What a model's folder holds, by name. @param extra further files that belong to the model */
export function modelFiles(
  config: JsonObject,
  tensors: Readonly<Record<string, StorableTensor>> | ReadonlyMap<string, StorableTensor>,
  metadata?: Readonly<Record<string, string>>,
  extra: Readonly<Record<string, FileContent>> = {},
): Readonly<Record<string, FileContent>> {
  return { ...extra, [CONFIG_FILE]: `${JSON.stringify(config, null, 2)}\n`, [TENSORS_FILE]: writeSafetensors(tensors, metadata) };
}

/**
 * Writes the folder whole: a reader sees the old model or the new one.
 * @param extra further files that belong to the model, by name
 * @throws TetradError IO (full disk, permissions, a folder that holds other files), UNSUPPORTED where there is no file system
 */
export async function writeModelFolder(path: string, ...model: Parameters<typeof modelFiles>): Promise<void> {
  await writeFolder(path, modelFiles(...model));
}

/**
 * As `writeModelFolder`, of any files: several models in folders inside, say.
 * @param contents by name; a slash makes a folder inside
 * @param known further names that the folder may hold already, and then loses
 */
export async function writeFolder(
  path: string,
  contents: Readonly<Record<string, FileContent>>,
  known: readonly string[] = [],
): Promise<void> {
  const { writeFolderAtomic } = await files("write", path);
  await writeFolderAtomic(path, contents, [...Object.keys(contents), TRAINING_FILE, RESULTS_FILE, ...known]);
}

/** @throws TetradError IO for a missing folder or file, FORMAT for a damaged one */
export async function readModelFolder(path: string): Promise<ModelFolder> {
  const { readBytes, recoverFolder } = await files("read", path);
  await recoverFolder(path);
  const config = parseJsonObject(await readBytes(`${path}/${CONFIG_FILE}`), `${path}/${CONFIG_FILE}`, {
    what: "configuration",
    hint: "the file is damaged; save the model again",
  });
  return { config, tensors: openSafetensors(await readBytes(`${path}/${TENSORS_FILE}`), `${path}/${TENSORS_FILE}`) };
}
