/** Files: safetensors, model folders, event files, and writing that is whole or not at all. */

export { cacheFolder, cacheIsOff } from "./cache.js";
export { EventWriter } from "./event-writer.js";
export { fileError, isAbsent, refuseForeign } from "./faults.js";
export { type FileContent, readBytes, recoverFolder, removeFile, writeFileAtomic } from "./files.js";
export { heldFiles, holdFolder, releaseFolder } from "./held-folders.js";
export { type Json, type JsonObject, parseJson, parseJsonObject } from "./json.js";
export {
  type ModelFolder,
  modelFiles,
  RESULTS_FILE,
  readModelFolder,
  TRAINING_FILE,
  writeFolder,
  writeModelFolder,
} from "./model-folder.js";
export * as protobuf from "./protobuf.js";
export {
  openSafetensors,
  readSafetensors,
  type SafetensorsFile,
  type StorableTensor,
  type StorageType,
  type TensorEntry,
  type WideData,
  type WideTensor,
  writeSafetensors,
} from "./safetensors.js";
export type { Hyperparameter } from "./tensorboard.js";
