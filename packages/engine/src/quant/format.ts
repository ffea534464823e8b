/** What a storage format of weights is: rows of numbers kept in fewer bytes, widened by the kernels that read them. */

import { TetradError } from "../errors.js";

export interface WeightFormat {
  readonly name: string;
  /** The number by which assembly/lib/quant/unpack.ts knows it. */
  readonly id: number;
  /** Weights of a block; a row is a whole number of blocks. */
  readonly block: number;
  /** Bytes of a row of n weights. */
  rowBytes(n: number): number;
  /** The row as float64: exactly what the kernels make of it, but for their rounding to f32. */
  decode(bytes: Uint8Array, n: number): Float64Array;
  /** The nearest row that the format holds; undefined for formats that we only read. */
  readonly encode?: (row: ArrayLike<number>) => Uint8Array<ArrayBuffer>;
}

/** A matrix of weights in a storage format, row by row (an output channel each). */
export interface QuantizedWeight {
  readonly format: string;
  /** (out, in) */
  readonly shape: readonly [number, number];
  readonly bytes: Uint8Array;
}

/** Values of `n` weights, block after block: `decode` puts those of block b from place `first` on. */
export function byBlocks(n: number, block: number, decode: (b: number, out: Float64Array, first: number) => void): Float64Array {
  const out = new Float64Array(n);
  for (let b = 0; b < n / block; b++) decode(b, out, b * block);
  return out;
}

/** @throws TetradError SHAPE when rows are no whole number of blocks */
export function checkBlocks({ name, block }: WeightFormat, n: number): void {
  if (n % block !== 0)
    throw new TetradError("SHAPE", {
      op: name,
      what: "rows must be a whole number of blocks",
      got: `${n}`,
      expected: `a multiple of ${block}`,
    });
}

const F32 = new Float32Array(1);
const F32_BITS = new Uint32Array(F32.buffer);

/** The f16 nearest to x, ties to even, as its bits. */
export function f16Bits(x: number): number {
  F32[0] = x;
  const bits = F32_BITS[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 and above round to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal: the f32 is a whole number of 2^-24 after rounding to even.
    const scaled = Math.abs(F32[0] as number) * 2 ** 24;
    return sign | roundHalfEven(scaled);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

/** IEEE 754 binary16 as a number. */
export function f16Value(bits: number): number {
  const exponent = (bits >>> 10) & 31;
  const mantissa = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

/** Float64 has no halves from 2⁵² on. */
const WHOLE = 1.5 * 2 ** 52;

/** Math.round rounds halves up; SIMD rounds them to even, and so do sums of float64 with this. For magnitudes below 2⁵¹. */
export function roundHalfEven(x: number): number {
  return x + WHOLE - WHOLE;
}
