/** A saved model: a folder of `config.json` (everything that is not a tensor) and `model.safetensors`. */
import { TetradError } from "../errors.js";
import { files } from "./files.js";
import { openSafetensors, type SafetensorsFile, type StorableTensor, writeSafetensors } from "./safetensors.js";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export const CONFIG_FILE = "config.json";
export const TENSORS_FILE = "model.safetensors";
/** State of an interrupted training run, when there is one. */
export const TRAINING_FILE = "training.safetensors";

export interface ModelFolder {
  readonly config: JsonObject;
  readonly tensors: SafetensorsFile;
}

/**
 * Writes the folder whole: a reader sees the old model or the new one.
 * @param extra further files that belong to the model, by name
 * @throws TetradError IO (full disk, permissions, a folder that holds other files), UNSUPPORTED where there is no file system
 */
export async function writeModelFolder(
  path: string,
  config: JsonObject,
  tensors: Readonly<Record<string, StorableTensor>> | ReadonlyMap<string, StorableTensor>,
  metadata?: Readonly<Record<string, string>>,
  extra: Readonly<Record<string, Uint8Array | string>> = {},
): Promise<void> {
  const { writeFolderAtomic } = await files("write a model folder");
  const contents = { ...extra, [CONFIG_FILE]: `${JSON.stringify(config, null, 2)}\n`, [TENSORS_FILE]: writeSafetensors(tensors, metadata) };
  await writeFolderAtomic(path, contents, [...Object.keys(contents), TRAINING_FILE]);
}

/** @throws TetradError IO for a missing folder or file, FORMAT for a damaged one */
export async function readModelFolder(path: string): Promise<ModelFolder> {
  const { readBytes, recoverFolder } = await files("read a model folder");
  await recoverFolder(path);
  const config = parseConfig(await readBytes(`${path}/${CONFIG_FILE}`), `${path}/${CONFIG_FILE}`);
  return { config, tensors: openSafetensors(await readBytes(`${path}/${TENSORS_FILE}`), `${path}/${TENSORS_FILE}`) };
}

function parseConfig(bytes: Uint8Array, source: string): JsonObject {
  const hint = "the file is damaged; save the model again";
  let config: unknown;
  try {
    config = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new TetradError("FORMAT", { op: source, what: "this is not valid JSON", got: (error as Error).message, hint });
  }
  if (typeof config !== "object" || config === null || Array.isArray(config))
    throw new TetradError("FORMAT", {
      op: source,
      what: "the configuration is not an object",
      got: JSON.stringify(config).slice(0, 40),
      hint,
    });
  return config as JsonObject;
}
