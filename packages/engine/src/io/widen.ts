/**
 * Widening of storage types to computing types. Every conversion is exact: a value that no computing type can
 * hold exactly is an error, never a rounding.
 */
import { TetradError } from "../errors.js";
import { f16Value } from "../quant/format.js";
import type { StorageType, TensorEntry } from "./safetensors-header.js";

export type WideData = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

export interface WideTensor {
  readonly dtype: "f32" | "f64" | "i32" | "bool";
  readonly shape: readonly number[];
  readonly data: WideData;
  /** The type that the file holds. */
  readonly storage: StorageType;
}

/**
 * F16, BF16 and F8 become f32; BOOL becomes bool (any byte but 0 is true); I8 to I32 and U8, U16 become i32. U32, I64 and U64 become i32
 * when every value fits, else f64 when every value is exact there.
 * @param bytes the tensor's own bytes, at any alignment
 * @throws TetradError FORMAT for 64-bit integers beyond ±2⁵³
 */
export function widen(entry: TensorEntry, bytes: Uint8Array): WideTensor {
  const { storage, shape } = entry;
  // A copy aligns the bytes: writers before safetensors 0.3 did not sort tensors by element size. Not slice(), which shares memory in Node's Buffer.
  const { buffer } = new Uint8Array(bytes);
  const as = (dtype: WideTensor["dtype"], data: WideData): WideTensor => ({ dtype, shape, data, storage });
  switch (storage) {
    case "F32":
      return as("f32", new Float32Array(buffer));
    case "F64":
      return as("f64", new Float64Array(buffer));
    case "F16":
      return as("f32", f16ToF32(new Uint16Array(buffer)));
    case "BF16":
      return as("f32", bf16ToF32(new Uint16Array(buffer)));
    case "F8_E5M2":
      return as(
        "f32",
        lookUp(
          new Uint8Array(buffer),
          table(256, (bits) => f16Value(bits << 8)),
        ),
      );
    case "F8_E4M3":
      return as("f32", lookUp(new Uint8Array(buffer), table(256, f8e4m3ToNumber)));
    case "BOOL":
      return as(
        "bool",
        new Uint8Array(buffer).map((byte) => (byte === 0 ? 0 : 1)),
      );
    case "I8":
      return as("i32", Int32Array.from(new Int8Array(buffer)));
    case "U8":
      return as("i32", Int32Array.from(new Uint8Array(buffer)));
    case "I16":
      return as("i32", Int32Array.from(new Int16Array(buffer)));
    case "U16":
      return as("i32", Int32Array.from(new Uint16Array(buffer)));
    case "I32":
      return as("i32", new Int32Array(buffer));
    case "U32":
      return integers(entry, new Uint32Array(buffer));
    case "I64":
      return integers(entry, new BigInt64Array(buffer));
    case "U64":
      return integers(entry, new BigUint64Array(buffer));
  }
}

function integers(entry: TensorEntry, values: Uint32Array | BigInt64Array | BigUint64Array): WideTensor {
  const { name, shape, storage } = entry;
  const wide = new Float64Array(values.length);
  let fits = true;
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (!Number.isSafeInteger(value))
      throw new TetradError("FORMAT", {
        op: "safetensors",
        what: `tensor ${JSON.stringify(name)} holds an integer that float64 cannot hold exactly`,
        got: `${values[i]} at element ${i}`,
        expected: "at most 2^53 in magnitude",
        hint: "read its raw bytes with tensorBytes() instead",
      });
    fits &&= value === (value | 0);
    wide[i] = value;
  }
  return fits ? { dtype: "i32", shape, data: Int32Array.from(wide), storage } : { dtype: "f64", shape, data: wide, storage };
}

function table(size: number, convert: (bits: number) => number): Float32Array {
  return Float32Array.from({ length: size }, (_, bits) => convert(bits));
}

function lookUp(bits: Uint8Array | Uint16Array, values: Float32Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = values[bits[i] as number] as number;
  return out;
}

/** Every f16 as a number, made when the first large tensor is read: a model has hundreds of them. */
let halves: Float32Array | undefined;

function f16ToF32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  if (halves === undefined && bits.length < 1 << 12) return Float32Array.from(bits, f16Value);
  halves ??= table(1 << 16, f16Value);
  return lookUp(bits, halves);
}

function bf16ToF32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] as number) << 16;
  return new Float32Array(words.buffer);
}

/** OCP 8-bit floating point E4M3: no infinities, 0x7f and 0xff are NaN, largest value 448. */
export function f8e4m3ToNumber(bits: number): number {
  const sign = bits & 0x80 ? -1 : 1;
  const exponent = (bits >> 3) & 0xf;
  const fraction = bits & 7;
  if (exponent === 15 && fraction === 7) return NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -9 : (8 + fraction) * 2 ** (exponent - 10));
}
