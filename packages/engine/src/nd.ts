/** The arrays that float64 references work on: any dtype, held as float64, row-major, plus the few loops all references share. */

import type { DType } from "./dtype.js";
import { broadcastStrides, type Shape, sizeOf, stridesOf } from "./shape.js";

export interface NdArray {
  readonly shape: Shape;
  readonly dtype: DType;
  /** i32 and bool values are exact in float64. */
  readonly data: Float64Array;
}

export function ndZeros(shape: Shape, dtype: DType): NdArray {
  return { shape, dtype, data: new Float64Array(sizeOf(shape)) };
}

export function ndFrom(shape: Shape, dtype: DType, values: ArrayLike<number>): NdArray {
  return { shape, dtype, data: Float64Array.from(values) };
}

/** Visits the elements of a strided view in row-major order of `shape`; `visit` gets the flat index and each view's offset. */
export function forEachStrided(
  shape: Shape,
  strides: readonly (readonly number[])[],
  visit: (index: number, offsets: readonly number[]) => void,
): void {
  const size = sizeOf(shape);
  const rank = shape.length;
  const counter = new Array<number>(rank).fill(0);
  const offsets = new Array<number>(strides.length).fill(0);
  for (let index = 0; index < size; index++) {
    visit(index, offsets);
    for (let axis = rank - 1; axis >= 0; axis--) {
      counter[axis] = (counter[axis] as number) + 1;
      const wrapped = counter[axis] === shape[axis];
      for (let v = 0; v < strides.length; v++) {
        const stride = (strides[v] as readonly number[])[axis] as number;
        offsets[v] = (offsets[v] as number) + (wrapped ? stride * (1 - (shape[axis] as number)) : stride);
      }
      if (!wrapped) break;
      counter[axis] = 0;
    }
  }
}

/** Applies a scalar function to broadcast inputs. */
export function ndMap(f: (...x: number[]) => number, inputs: readonly NdArray[], shape: Shape, dtype: DType): NdArray {
  const result = ndZeros(shape, dtype);
  const strides = inputs.map((input) => broadcastStrides(input.shape, stridesOf(input.shape), shape));
  const args = new Array<number>(inputs.length);
  forEachStrided(shape, strides, (index, offsets) => {
    for (let i = 0; i < inputs.length; i++) args[i] = (inputs[i] as NdArray).data[offsets[i] as number] as number;
    result.data[index] = f(...args);
  });
  return result;
}

/** Addition in numbers of a type: i32 wraps around. */
export function ndAdd(dtype: DType): (a: number, b: number) => number {
  return dtype === "i32" ? (a, b) => (a + b) | 0 : (a, b) => a + b;
}

/** Folds over `axes` of one input; `fold` gets all values of one output element, in row-major order. */
export function ndReduce(
  input: NdArray,
  axes: readonly number[],
  keepDims: boolean,
  fold: (values: Float64Array) => number,
  dtype: DType = input.dtype,
): NdArray {
  const strides = stridesOf(input.shape);
  const kept = input.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const pick = (from: readonly number[], which: readonly number[]) => which.map((i) => from[i] as number);
  const shape = keepDims ? input.shape.map((extent, i) => (axes.includes(i) ? 1 : extent)) : pick(input.shape, kept);
  const result = ndZeros(shape, dtype);
  const values = new Float64Array(sizeOf(pick(input.shape, axes)));
  forEachStrided(pick(input.shape, kept), [pick(strides, kept)], (index, [base]) => {
    forEachStrided(pick(input.shape, axes), [pick(strides, axes)], (j, [offset]) => {
      values[j] = input.data[(base as number) + (offset as number)] as number;
    });
    result.data[index] = fold(values);
  });
  return result;
}
