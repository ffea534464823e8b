/**
 * The safetensors header: reading it without trusting a byte of it. A file from the network may claim any
 * size, so every number is checked before it is used.
 * Format: https://huggingface.co/docs/safetensors, "Format".
 */
import { TetradError } from "../errors.js";

/** Bytes per element of every storage type that can be read. */
export const STORAGE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
} as const;

export type StorageType = keyof typeof STORAGE_BYTES;

export interface TensorEntry {
  readonly name: string;
  readonly storage: StorageType;
  readonly shape: readonly number[];
  /** Byte range within the file. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The limit that the reference implementation sets too, so that a hostile length cannot make us parse gigabytes. */
const MAX_HEADER_BYTES = 100_000_000;
/** Known to the format, but with no widening of ours yet: sub-byte and complex types. */
const KNOWN_BUT_UNSUPPORTED = ["F4", "F6_E2M3", "F6_E3M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "C64"];

/**
 * @param source name of the file for messages
 * @throws TetradError FORMAT for anything that is not a well-formed file, UNSUPPORTED for storage types without a widening
 */
export function readHeader(bytes: Uint8Array, source: string): SafetensorsHeader {
  const fail = (what: string, got?: string, expected?: string, hint?: string): never => {
    throw new TetradError("FORMAT", {
      op: `safetensors ${source}`,
      what,
      ...(got === undefined ? {} : { got }),
      ...(expected === undefined ? {} : { expected }),
      hint: hint ?? "the file is damaged or incomplete; copy or download it again",
    });
  };
  if (bytes.length < 8) fail("the file is too short to hold a header", `${bytes.length} bytes`, "at least 8");
  const claimed = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (claimed > BigInt(MAX_HEADER_BYTES))
    fail("the header's length is absurd", `${claimed} bytes`, `at most ${MAX_HEADER_BYTES}`, "this is probably not a safetensors file");
  const length = Number(claimed);
  if (8 + length > bytes.length) fail("the file ends inside its header", `${bytes.length} bytes`, `at least ${8 + length}`);
  const text = decode(bytes.subarray(8, 8 + length)) ?? fail("the header is not UTF-8 text");
  if (text[0] !== "{") fail("the header is not a JSON object", JSON.stringify(text.slice(0, 12)), 'text starting with "{"');
  const header = parseObject(text, fail);
  return collect(header, 8 + length, bytes.length, fail);
}

type Fail = (what: string, got?: string, expected?: string, hint?: string) => never;

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function parseObject(text: string, fail: Fail): [string, unknown][] {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    fail("the header is not valid JSON", (error as Error).message);
  }
  const duplicate = duplicateKey(text);
  if (duplicate !== undefined) fail(`the header names ${JSON.stringify(duplicate)} twice`);
  return Object.entries(header as object);
}

/** JSON.parse keeps the last of two equal keys in silence, which would hide one of two tensors. `text` is valid JSON. */
function duplicateKey(text: string): string | undefined {
  const seen: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "{") seen.push(new Set());
    else if (c === "}") seen.pop();
    else if (c === '"') {
      let end = i + 1;
      while (text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
      const literal = text.slice(i, end + 1);
      i = end;
      if (!/^\s*:/.test(text.slice(end + 1, end + 64))) continue;
      const key = JSON.parse(literal) as string;
      const keys = seen[seen.length - 1] as Set<string>;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

function collect(header: [string, unknown][], dataStart: number, fileSize: number, fail: Fail): SafetensorsHeader {
  const entries: TensorEntry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of header) {
    if (name === "__metadata__") metadata = checkMetadata(value, fail);
    else entries.push(checkEntry(name, value, dataStart, fail));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let cursor = dataStart;
  let previous = "the header";
  for (const { name, begin, end } of entries) {
    const tensor = `tensor ${JSON.stringify(name)}`;
    if (begin < cursor) fail(`${tensor} overlaps ${previous}`, `offset ${begin - dataStart}`, `offset ${cursor - dataStart}`);
    if (end > fileSize) fail(`${tensor} reaches beyond the end of the file`, `${fileSize} bytes`, `at least ${end}`);
    if (begin > cursor)
      fail(`${begin - cursor} bytes before ${tensor} belong to no tensor`, `offset ${begin - dataStart}`, `offset ${cursor - dataStart}`);
    cursor = end;
    previous = tensor;
  }
  if (cursor !== fileSize) fail("bytes after the last tensor belong to no tensor", `${fileSize} bytes`, `${cursor}`);
  return { entries: new Map(entries.map((entry) => [entry.name, entry])), metadata };
}

function checkMetadata(value: unknown, fail: Fail): Record<string, string> {
  if (!isObject(value)) return fail("__metadata__ is not an object", JSON.stringify(value)?.slice(0, 40));
  for (const [key, text] of Object.entries(value))
    if (typeof text !== "string") fail(`__metadata__ ${JSON.stringify(key)} is not a string`, JSON.stringify(text)?.slice(0, 40));
  return value as Record<string, string>;
}

function checkEntry(name: string, value: unknown, dataStart: number, fail: Fail): TensorEntry {
  const tensor = `tensor ${JSON.stringify(name)}`;
  if (!isObject(value)) return fail(`${tensor} is not described by an object`, JSON.stringify(value)?.slice(0, 40));
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(STORAGE_BYTES, dtype)) {
    if (KNOWN_BUT_UNSUPPORTED.includes(dtype as string))
      throw new TetradError("UNSUPPORTED", {
        op: "safetensors",
        what: `${tensor} has a storage type that cannot be read yet`,
        got: String(dtype),
        expected: Object.keys(STORAGE_BYTES).join(" "),
        hint: "convert the tensor to F16 or F32 first",
      });
    return fail(`${tensor} has an unknown dtype`, JSON.stringify(dtype), Object.keys(STORAGE_BYTES).join(" "));
  }
  if (!Array.isArray(shape) || !shape.every(isCount))
    return fail(`${tensor} has an impossible shape`, JSON.stringify(shape), "whole numbers ≥ 0");
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount) || (offsets[1] as number) < (offsets[0] as number))
    return fail(`${tensor} has an impossible byte range`, JSON.stringify(offsets), "[begin, end] with 0 ≤ begin ≤ end");
  const storage = dtype as StorageType;
  const bytes = (shape as number[]).reduce((product, n) => product * n, STORAGE_BYTES[storage]);
  const [begin, end] = offsets as [number, number];
  if (!(bytes <= Number.MAX_SAFE_INTEGER)) return fail(`${tensor} has an absurd size`, `shape [${shape.join(", ")}]`);
  if (bytes !== end - begin)
    return fail(
      `${tensor} has a shape that does not match its bytes`,
      `${end - begin} bytes`,
      `${bytes} for ${storage} [${shape.join(", ")}]`,
    );
  return { name, storage, shape, begin: dataStart + begin, end: dataStart + end };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
