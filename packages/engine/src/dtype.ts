/** Element types: what a tensor holds, how wide it is, and which host array carries it. */

import { TetradError } from "./errors.js";

/** `u8`: raw bytes, blocks of a storage format; only the ops that widen them read it. */
export type DType = "f32" | "f64" | "i32" | "bool" | "u8";

/** Types that gradients flow through. */
export type FloatDType = "f32" | "f64";

/** Types that are counted, compared and sorted. */
export type NumberDType = FloatDType | "i32";

export type HostArray = Float32Array | Float64Array | Int32Array | Uint8Array;

const BYTES = { f32: 4, f64: 8, i32: 4, bool: 1, u8: 1 } as const satisfies Record<DType, number>;

/** @throws TetradError DTYPE where plain JavaScript names a type that there is not */
export function requireType(dtype: string): void {
  if (!Object.hasOwn(BYTES, dtype))
    throw new TetradError("DTYPE", { op: "input", what: "no such type", got: dtype, expected: `${Object.keys(BYTES)}` });
}

export function byteSize(dtype: DType): number {
  return BYTES[dtype];
}

export function isFloat(dtype: DType): dtype is FloatDType {
  return dtype === "f32" || dtype === "f64";
}

/** @throws TetradError DTYPE unless gradients flow through `dtype` */
export function requireFloat(op: string, dtype: DType, hint?: string): asserts dtype is FloatDType {
  if (!isFloat(dtype)) throw new TetradError("DTYPE", { op, what: "needs floating-point input", got: dtype, expected: "f32 or f64", hint });
}

/** @throws TetradError DTYPE unless `dtype` is a type of numbers */
export function requireNumbers(op: string, dtype: DType): asserts dtype is NumberDType {
  if (isFloat(dtype) || dtype === "i32") return;
  throw new TetradError("DTYPE", { op, what: "needs numbers", got: dtype, expected: "f32, f64 or i32", hint: 'cast(x, "i32") first' });
}

export function hostArray(dtype: DType, length: number): HostArray {
  switch (dtype) {
    case "f32":
      return new Float32Array(length);
    case "f64":
      return new Float64Array(length);
    case "i32":
      return new Int32Array(length);
    case "bool":
    case "u8":
      return new Uint8Array(length);
  }
}

const RANK = { u8: -1, bool: 0, i32: 1, f32: 2, f64: 3 } as const satisfies Record<DType, number>;

/** The wider of two types: bool < i32 < f32 < f64. */
export function promote(a: DType, b: DType): DType {
  return RANK[a] >= RANK[b] ? a : b;
}
