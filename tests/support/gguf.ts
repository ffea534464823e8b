// GGUF files of our own making (version 3, ggml's docs/gguf.md), for models small enough to be tried in every format and on every backend.
import type { FormatName } from "@tetrad/engine";

export interface GgufTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly format: FormatName | "F32";
  readonly bytes: Uint8Array;
}

/** ggml_type */
const TYPES: Readonly<Partial<Record<GgufTensor["format"], number>>> = { F32: 0, f16: 1, q4_0: 2, q4_1: 3, q8_0: 8, q6_K: 14, bf16: 30 };
const UINT32 = 4;
const STRING = 8;
const ALIGNMENT = 32;

const aligned = (n: number) => Math.ceil(n / ALIGNMENT) * ALIGNMENT;

export function writeGguf(metadata: Readonly<Record<string, string | number>>, tensors: readonly GgufTensor[]): Uint8Array {
  const parts: Buffer[] = [];
  const whole = (value: number, bytes: 4 | 8) => {
    const part = Buffer.alloc(bytes);
    part.writeUInt32LE(value);
    parts.push(part);
  };
  const text = (value: string) => {
    whole(Buffer.byteLength(value), 8);
    parts.push(Buffer.from(value));
  };
  parts.push(Buffer.from("GGUF"));
  whole(3, 4);
  whole(tensors.length, 8);
  whole(Object.keys(metadata).length, 8);
  for (const [key, value] of Object.entries(metadata)) {
    text(key);
    whole(typeof value === "string" ? STRING : UINT32, 4);
    if (typeof value === "string") text(value);
    else whole(value, 4);
  }
  let offset = 0;
  for (const { name, shape, format, bytes } of tensors) {
    text(name);
    whole(shape.length, 4);
    for (const extent of [...shape].reverse()) whole(extent, 8);
    whole(TYPES[format] as number, 4);
    whole(offset, 8);
    offset += aligned(bytes.length);
  }
  const header = Buffer.concat(parts);
  const file = new Uint8Array(aligned(header.length) + offset);
  file.set(header);
  let at = aligned(header.length);
  for (const { bytes } of tensors) {
    file.set(bytes, at);
    at += aligned(bytes.length);
  }
  return file;
}
