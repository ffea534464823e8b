/** IDX, the format in which MNIST and its kin are published: arrays of one type with their shape in front. http://yann.lecun.com/exdb/mnist */

import { TetradError } from "../errors.js";
import { readBytes } from "../io/files.js";
import { formatShape, sizeOf } from "../shape.js";

/** The file's own numbers, in this machine's byte order. */
export type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: IdxData;
}

const TYPES: Readonly<Record<number, new (buffer: ArrayBuffer) => IdxData>> = {
  8: Uint8Array,
  9: Int8Array,
  11: Int16Array,
  12: Int32Array,
  13: Float32Array,
  14: Float64Array,
};

/**
 * Bytes 0 and 1 are zero, 2 the type, 3 the number of extents, which follow as 32 bits each; everything is big-endian. Gzip is undone.
 * @param source named in errors
 * @throws TetradError FORMAT for what is no IDX file, or one that is too short or too long
 */
export async function decodeIdx(content: Uint8Array, source: string): Promise<IdxArray> {
  const bytes = content[0] === 0x1f && content[1] === 0x8b ? await gunzip(content, source) : content;
  const fault = (what: string, got: string, expected: string) => new TetradError("FORMAT", { op: source, what, got, expected });
  const type = TYPES[bytes[2] ?? 0];
  const rank = bytes[3] ?? 0;
  if (bytes[0] !== 0 || bytes[1] !== 0 || type === undefined || bytes.length < 4 + 4 * rank)
    throw fault(
      "this is not an IDX file",
      `bytes ${[...bytes.subarray(0, 4)].join(", ")}`,
      "0, 0, a type from 8 to 14, the number of extents",
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const body = bytes.slice(4 + 4 * rank);
  const data = new type(new ArrayBuffer(0));
  if (body.length !== sizeOf(shape) * data.BYTES_PER_ELEMENT)
    throw fault(
      "the file does not hold its shape",
      `${body.length} bytes`,
      `${sizeOf(shape)} elements of ${data.BYTES_PER_ELEMENT} for ${formatShape(shape)}`,
    );
  // Every machine that runs this is little-endian, as wasm is.
  for (let at = 0; data.BYTES_PER_ELEMENT > 1 && at < body.length; at += data.BYTES_PER_ELEMENT)
    body.subarray(at, at + data.BYTES_PER_ELEMENT).reverse();
  return { shape, data: new type(body.buffer) };
}

/** @throws TetradError IO where the file cannot be read, FORMAT as decodeIdx */
export async function readIdx(path: string): Promise<IdxArray> {
  return decodeIdx(await readBytes(path), path);
}

async function gunzip(content: Uint8Array, source: string): Promise<Uint8Array> {
  try {
    const stream = new Blob([new Uint8Array(content)]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    throw new TetradError("FORMAT", { op: source, what: "the gzip stream is damaged", hint: "fetch the file again" }, { cause: error });
  }
}
