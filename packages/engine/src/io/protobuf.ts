/**
 * Protocol Buffers' wire format, written without a schema: event files and ONNX models are trees of numbered fields and nothing of them is ever read here
 * (https://protobuf.dev/programming-guides/encoding).
 */

/** Fields of a message, as pieces that are joined once at the end: weights of a hundred megabytes are not copied at every level of the tree. */
export type Fields = readonly Uint8Array[];

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

/** int64, int32, bool or enum; negative ones in ten bytes, as two's complement. */
export function int(field: number, value: number | bigint): Fields {
  return [tag(field, VARINT), varint(value)];
}

export function float(field: number, value: number): Fields {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value, true);
  return [tag(field, FIXED32), new Uint8Array(view.buffer)];
}

export function double(field: number, value: number): Fields {
  return [tag(field, FIXED64), littleEndian([value])];
}

/** Text is written in UTF-8. */
export function bytes(field: number, content: Uint8Array | string): Fields {
  return message(field, [typeof content === "string" ? new TextEncoder().encode(content) : content]);
}

/** A list of doubles in one field. */
export function packedDoubles(field: number, values: readonly number[]): Fields {
  return bytes(field, littleEndian(values));
}

/** A field that is a message itself. */
export function message(field: number, ...parts: readonly Fields[]): Fields {
  const all = parts.flat();
  return [tag(field, DELIMITED), varint(lengthOf(all)), ...all];
}

export function joined(pieces: Fields): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(lengthOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function lengthOf(pieces: Fields): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

function tag(field: number, type: number): Uint8Array {
  return varint(field * 8 + type);
}

/** Seven bits a byte, the least first; the highest bit says that more follow. */
function varint(value: number | bigint): Uint8Array {
  const digits: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) digits.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.of(...digits, Number(rest));
}

function littleEndian(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  values.forEach((value, i) => view.setFloat64(8 * i, value, true));
  return new Uint8Array(view.buffer);
}
