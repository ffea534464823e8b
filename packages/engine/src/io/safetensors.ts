/** safetensors files as bytes in memory: the one format in which tensors go to disk and come from other programs. */
import { TetradError } from "../errors.js";
import { readHeader, STORAGE_BYTES, type StorageType, type TensorEntry } from "./safetensors-header.js";
import { type WideTensor, widen } from "./widen.js";

export type { StorageType, TensorEntry } from "./safetensors-header.js";
export type { WideData, WideTensor } from "./widen.js";

/** An opened file: the header is checked, a tensor's bytes are touched only when it is read. */
export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** One tensor, widened to a computing type. @throws TetradError ARGUMENT for a name that the file does not have */
  read(name: string): WideTensor;
  /** One tensor's bytes as stored, not copied, at any alignment. */
  tensorBytes(name: string): Uint8Array;
}

/**
 * @param source name of the file for messages
 * @throws TetradError FORMAT when the header is damaged or hostile
 */
export function openSafetensors(bytes: Uint8Array, source = "file"): SafetensorsFile {
  const { entries, metadata } = readHeader(bytes, source);
  const entryOf = (name: string): TensorEntry => {
    const entry = entries.get(name);
    if (entry === undefined)
      throw new TetradError("ARGUMENT", {
        op: `safetensors ${source}`,
        what: `there is no tensor ${JSON.stringify(name)}`,
        expected: listNames([...entries.keys()]),
      });
    return entry;
  };
  const tensorBytes = (name: string): Uint8Array => {
    const { begin, end } = entryOf(name);
    return bytes.subarray(begin, end);
  };
  return { metadata, entries, tensorBytes, read: (name) => widen(entryOf(name), tensorBytes(name)) };
}

/** Every tensor of a file, widened, in the order of their bytes. */
export function readSafetensors(
  bytes: Uint8Array,
  source = "file",
): { tensors: Map<string, WideTensor>; metadata: Readonly<Record<string, string>> } {
  const file = openSafetensors(bytes, source);
  return { tensors: new Map([...file.entries.keys()].map((name) => [name, file.read(name)])), metadata: file.metadata };
}

type StorableData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

export interface StorableTensor {
  readonly shape: readonly number[];
  readonly data: StorableData;
  /** What the elements are, where the array's class does not say it: BOOL and F8 in a Uint8Array, F16 and BF16 as bits in a Uint16Array. */
  readonly storage?: StorageType;
}

/** The order of the reference writer: wide types first, so that every tensor is aligned, then by name. Equal input gives its very bytes. */
const WRITE_ORDER: readonly StorageType[] = [
  "U64",
  "I64",
  "F64",
  "F32",
  "U32",
  "I32",
  "BF16",
  "F16",
  "U16",
  "I16",
  "F8_E4M3",
  "F8_E5M2",
  "I8",
  "U8",
  "BOOL",
];

/** @throws TetradError ARGUMENT when data, shape and storage type do not fit one another */
export function writeSafetensors(
  tensors: Readonly<Record<string, StorableTensor>> | ReadonlyMap<string, StorableTensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const list = [...(tensors instanceof Map ? tensors : Object.entries(tensors as Record<string, StorableTensor>))].map(
    ([name, tensor]) => ({ name, tensor, storage: checkTensor(name, tensor) }),
  );
  const rank = (storage: StorageType) => WRITE_ORDER.indexOf(storage);
  list.sort((a, b) => rank(a.storage) - rank(b.storage) || compareCodePoints(a.name, b.name));
  const parts: string[] = [];
  if (metadata !== undefined) {
    for (const [key, text] of Object.entries(metadata))
      if (typeof text !== "string")
        throw new TetradError("ARGUMENT", { op: "safetensors", what: `metadata ${JSON.stringify(key)} is not a string`, got: typeof text });
    parts.push(`"__metadata__":${JSON.stringify(metadata)}`);
  }
  let offset = 0;
  for (const { name, tensor, storage } of list) {
    const end = offset + tensor.data.byteLength;
    parts.push(`${JSON.stringify(name)}:{"dtype":"${storage}","shape":[${tensor.shape.join(",")}],"data_offsets":[${offset},${end}]}`);
    offset = end;
  }
  const header = new TextEncoder().encode(`{${parts.join(",")}}`);
  const padded = Math.ceil(header.length / 8) * 8;
  const file = new Uint8Array(8 + padded + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.set(header, 8);
  file.fill(0x20, 8 + header.length, 8 + padded);
  let cursor = 8 + padded;
  for (const { tensor } of list) {
    file.set(new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength), cursor);
    cursor += tensor.data.byteLength;
  }
  return file;
}

function checkTensor(name: string, { shape, data, storage }: StorableTensor): StorageType {
  const own = ownStorage(data);
  const actual = storage ?? own;
  const op = `safetensors tensor ${JSON.stringify(name)}`;
  if (name === "__metadata__")
    throw new TetradError("ARGUMENT", { op, what: "this name is reserved by the format", hint: "choose another name" });
  if (STORAGE_BYTES[actual] !== data.BYTES_PER_ELEMENT || (own !== "U8" && own !== "U16" && actual !== own))
    throw new TetradError("ARGUMENT", { op, what: "storage type and array do not fit", got: `${actual} with ${data.constructor.name}` });
  const count = shape.reduce((product, n) => product * n, 1);
  if (count !== data.length)
    throw new TetradError("ARGUMENT", {
      op,
      what: "shape and data do not fit",
      got: `${data.length} elements`,
      expected: `${count} for [${shape.join(", ")}]`,
    });
  return actual;
}

function ownStorage(data: StorableData): StorageType {
  if (data instanceof Float32Array) return "F32";
  if (data instanceof Float64Array) return "F64";
  if (data instanceof Int32Array) return "I32";
  if (data instanceof Uint8Array) return "U8";
  if (data instanceof Int8Array) return "I8";
  if (data instanceof Int16Array) return "I16";
  if (data instanceof Uint16Array) return "U16";
  if (data instanceof Uint32Array) return "U32";
  return data instanceof BigInt64Array ? "I64" : "U64";
}

/** The reference writer compares UTF-8 bytes, which is the order of code points; JavaScript's `<` compares UTF-16 units. */
function compareCodePoints(a: string, b: string): number {
  const x = [...a];
  const y = [...b];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = (x[i]?.codePointAt(0) ?? 0) - (y[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

function listNames(names: string[]): string {
  return names.length <= 8 ? names.join(", ") : `${names.slice(0, 8).join(", ")} and ${names.length - 8} more`;
}
