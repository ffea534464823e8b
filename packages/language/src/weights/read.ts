/** Weights of a Hugging Face folder: one safetensors file, several with an index, or a GGUF file. */

import {
  type FormatName,
  isAbsent,
  type JsonObject,
  openSafetensors,
  parseJsonObject,
  type QuantizedWeight,
  readBytes,
  type StorageType,
  type TensorEntry,
  TetradError,
  type WideTensor,
} from "@tetrad/engine";

export type StoredMatrix = QuantizedWeight & { readonly format: FormatName };

export interface WeightFile {
  /** Where it was read from, for messages. */
  readonly source: string;
  /** name → shape */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** One tensor, widened. */
  read(name: string): WideTensor;
  /** A matrix as the file has it; undefined for all that it has as plain numbers. */
  stored(name: string): StoredMatrix | undefined;
}

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/**
 * @param gguf name of a GGUF file of the folder, in the place of its safetensors
 * @throws TetradError IO for a folder without weights, FORMAT for damaged or missing shards
 */
export async function readWeights(folder: string, gguf?: string): Promise<WeightFile> {
  if (gguf !== undefined) return (await import("./gguf.js")).openGguf(await readBytes(`${folder}/${gguf}`), `${folder}/${gguf}`);
  const index = await optional(`${folder}/${INDEX}`);
  if (index === undefined) return openFile(await readBytes(`${folder}/${SINGLE}`), `${folder}/${SINGLE}`);
  const map = weightMap(parseJsonObject(index, `${folder}/${INDEX}`), `${folder}/${INDEX}`);
  const shards = new Map<string, WeightFile>();
  for (const name of new Set(map.values())) shards.set(name, openFile(await readBytes(`${folder}/${name}`), `${folder}/${name}`));
  const shapes = new Map<string, readonly number[]>();
  for (const [tensor, shard] of map) {
    const shape = shards.get(shard)?.shapes.get(tensor);
    if (shape === undefined) {
      throw new TetradError("FORMAT", {
        op: `${folder}/${INDEX}`,
        what: `the index places ${JSON.stringify(tensor)} in ${shard}, which has no such tensor`,
        hint: "the shards belong to another model, or one was cut short; fetch the folder again",
      });
    }
    shapes.set(tensor, shape);
  }
  const shardOf = (name: string) => shards.get(map.get(name) as string) as WeightFile;
  return { source: `${folder}/${INDEX}`, shapes, read: (name) => shardOf(name).read(name), stored: (name) => shardOf(name).stored(name) };
}

function openFile(bytes: Uint8Array, source: string): WeightFile {
  const file = openSafetensors(bytes, source);
  return {
    source,
    shapes: new Map([...file.entries].map(([name, { shape }]) => [name, shape])),
    read: file.read,
    stored(name) {
      const { storage, shape } = file.entries.get(name) as TensorEntry;
      return storedMatrix(HALVES[storage], shape, () => file.tensorBytes(name));
    },
  };
}

const HALVES: Readonly<Partial<Record<StorageType, FormatName>>> = { F16: "f16", BF16: "bf16" };

/** What has a storage format and is a matrix. */
export function storedMatrix(format: FormatName | undefined, shape: readonly number[], bytes: () => Uint8Array): StoredMatrix | undefined {
  if (format === undefined || shape.length !== 2) return undefined;
  return { format, shape: shape as readonly [number, number], bytes: bytes() };
}

function weightMap(index: JsonObject, source: string): Map<string, string> {
  const map = index["weight_map"];
  const entries = typeof map === "object" && map !== null ? Object.entries(map) : [];
  // A shard is a file beside the index, not a path that leads elsewhere.
  if (entries.length > 0 && entries.every(([, shard]) => typeof shard === "string" && /^[\w.-]+\.safetensors$/.test(shard))) {
    return new Map(entries as [string, string][]);
  }
  throw new TetradError("FORMAT", {
    op: source,
    what: '"weight_map" does not name files beside the index',
    expected: "tensor → shard.safetensors",
  });
}

/** A file's bytes; undefined where there is none. @throws TetradError IO for one that cannot be read */
export async function optional(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readBytes(path);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
