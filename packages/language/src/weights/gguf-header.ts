/**
 * What a GGUF file says of itself (ggml's docs/gguf.md, versions 2 and 3): metadata, and where its tensors lie. Read here, since @huggingface/gguf reads addresses
 * and files of Node, whose modules esbuild does not find for a page. Nothing in the file is believed: every length is held against what is left.
 */

import { TetradError } from "@tetrad/engine";

export interface GgufTensor {
  readonly name: string;
  /** The fastest axis first */
  readonly extents: readonly number[];
  /** ggml_type */
  readonly type: number;
  /** First byte in the file */
  readonly begin: number;
}

export interface GgufHeader {
  /** Numbers, flags and texts; lists, of which a tokenizer's are long, are passed over */
  readonly metadata: ReadonlyMap<string, number | boolean | string>;
  readonly tensors: readonly GgufTensor[];
}

/** "GGUF" */
const MAGIC = 0x46554747;
const VERSIONS = [2, 3];
const ALIGNMENT = 32;
const MOST_AXES = 4;
/** gguf_metadata_value_type */
const STRING = 8;
const ARRAY = 9;
const SIZES: readonly (number | undefined)[] = [1, 1, 2, 2, 4, 4, 4, 1, undefined, undefined, 8, 8, 8];

/** @throws TetradError FORMAT for a damaged or hostile header, UNSUPPORTED for another version */
export function readGgufHeader(bytes: Uint8Array, source: string): GgufHeader {
  const reader = new Reader(bytes, source);
  if (bytes.length < 4 || reader.u32() !== MAGIC) throw reader.damaged("this is no GGUF file", "its first bytes are not GGUF");
  const version = reader.u32();
  if (!VERSIONS.includes(version))
    throw new TetradError("UNSUPPORTED", {
      op: source,
      what: "this version of GGUF is not read",
      got: `${version}`,
      expected: "2 or 3, little-endian",
    });
  const tensorCount = reader.size();
  const metadataCount = reader.size();
  const metadata = new Map<string, number | boolean | string>();
  for (let i = 0; i < metadataCount; i++) {
    const key = reader.text();
    const value = reader.value(reader.u32());
    if (value !== undefined) metadata.set(key, value);
  }
  const tensors: GgufTensor[] = [];
  const names = new Set<string>();
  for (let i = 0; i < tensorCount; i++) {
    const name = reader.text();
    const axes = reader.u32();
    if (axes === 0 || axes > MOST_AXES) throw reader.damaged(`tensor ${name} has ${axes} axes`, `1 to ${MOST_AXES}`);
    if (names.has(name)) throw reader.damaged(`there are two tensors ${name}`, "one of each name");
    names.add(name);
    const extents = Array.from({ length: axes }, () => reader.size());
    tensors.push({ name, extents, type: reader.u32(), begin: reader.size() });
  }
  const alignment = metadata.get("general.alignment") ?? ALIGNMENT;
  if (typeof alignment !== "number" || alignment < 1) throw reader.damaged(`tensors are aligned to ${alignment} bytes`, "a number above 0");
  const first = Math.ceil(reader.at / alignment) * alignment;
  return { metadata, tensors: tensors.map((tensor) => ({ ...tensor, begin: first + tensor.begin })) };
}

class Reader {
  at = 0;
  readonly #view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly source: string,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u32(): number {
    return this.#view.getUint32(this.#past(4), true);
  }

  /** A u64 that counts something. */
  size(): number {
    const value = this.#view.getBigUint64(this.#past(8), true);
    if (value > Number.MAX_SAFE_INTEGER) throw this.damaged(`a count is ${value}`, "at most 2^53");
    return Number(value);
  }

  text(): string {
    const length = this.size();
    const begin = this.#past(length);
    return new TextDecoder().decode(this.bytes.subarray(begin, begin + length));
  }

  /** Undefined for a list, which is passed over. */
  value(type: number): number | boolean | string | undefined {
    if (type === STRING) return this.text();
    if (type === ARRAY) return this.#passList();
    const begin = this.#past(this.#sizeOf(type));
    const view = this.#view;
    if (type === 0) return view.getUint8(begin);
    if (type === 1) return view.getInt8(begin);
    if (type === 2) return view.getUint16(begin, true);
    if (type === 3) return view.getInt16(begin, true);
    if (type === 4) return view.getUint32(begin, true);
    if (type === 5) return view.getInt32(begin, true);
    if (type === 6) return view.getFloat32(begin, true);
    if (type === 7) return view.getUint8(begin) !== 0;
    if (type === 10) return Number(view.getBigUint64(begin, true));
    return type === 11 ? Number(view.getBigInt64(begin, true)) : view.getFloat64(begin, true);
  }

  damaged(what: string, expected: string): TetradError {
    return new TetradError("FORMAT", {
      op: this.source,
      what: `this is no GGUF file, or its header is damaged: ${what}`,
      expected,
      hint: "fetch the file again",
    });
  }

  #passList(): undefined {
    const type = this.u32();
    const length = this.size();
    if (type === STRING) for (let i = 0; i < length; i++) this.#past(this.size());
    // Lists of lists exist on paper alone, and could be nested deeper than any stack.
    else this.#past(length * this.#sizeOf(type));
    return undefined;
  }

  #sizeOf(type: number): number {
    const size = SIZES[type];
    if (size === undefined) throw this.damaged(`a value is of type ${type}`, "one of GGUF's");
    return size;
  }

  /** Where the next bytes begin, which are passed. */
  #past(length: number): number {
    const begin = this.at;
    if (!(length <= this.bytes.length - begin))
      throw this.damaged(`it ends at byte ${this.bytes.length}`, `${length} more after byte ${begin}`);
    this.at += length;
    return begin;
  }
}
