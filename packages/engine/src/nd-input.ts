/** Host data as users have it: numbers, nested arrays, typed arrays with or without a shape. */

import { type DType, type HostArray, hostArray, requireType } from "./dtype.js";
import { TetradError } from "./errors.js";
import { formatShape, type Shape, sizeOf } from "./shape.js";
import { flatten, type NestedNumbers } from "./trace.js";

/** Data with an explicit shape; the type follows the array unless told. */
export interface ShapedData {
  readonly data: ArrayLike<number>;
  readonly shape: Shape;
  readonly dtype?: DType;
}

export type NdInput = NestedNumbers | ShapedData;

export interface HostNd {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: HostArray;
}

/** The element type a host array stands for; plain arrays are f32. */
export function dtypeOf(data: unknown): DType {
  if (data instanceof Float64Array) return "f64";
  if (data instanceof Int32Array) return "i32";
  if (data instanceof Uint8Array) return "bool";
  return "f32";
}

/** @throws TetradError SHAPE when data and shape disagree, or rows differ in length */
export function toNd(input: NdInput): HostNd {
  if (typeof input === "object" && input !== null && "data" in input && "shape" in input) {
    const { data, shape, dtype = dtypeOf(input.data) } = input;
    requireType(dtype);
    if (data.length !== sizeOf(shape)) {
      throw new TetradError("SHAPE", {
        op: "input",
        what: "data does not fill the shape",
        got: `${data.length} values`,
        expected: `${sizeOf(shape)} for ${formatShape(shape)}`,
      });
    }
    return { shape, dtype, data: convert(data, dtype) };
  }
  if (ArrayBuffer.isView(input))
    return toNd({ data: input as unknown as ArrayLike<number>, shape: [(input as unknown as ArrayLike<number>).length] });
  const { shape, values } = flatten(input as NestedNumbers);
  if (isTruth(input)) return { shape, dtype: "bool", data: truths(values) };
  return { shape, dtype: "f32", data: Float32Array.from(values) };
}

/** Whether nested arrays begin with true or false. */
function isTruth(input: unknown): boolean {
  return typeof input === "boolean" || (Array.isArray(input) && isTruth(input[0]));
}

/** 1 for what is not 0, as a kernel expects it. */
export function truths(data: ArrayLike<number | boolean>): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(data, (x) => Number(Number(x) !== 0));
}

function convert(data: ArrayLike<number>, dtype: DType): HostArray {
  if (dtype === "bool") return truths(data);
  if (ArrayBuffer.isView(data) && dtypeOf(data) === dtype) return data as unknown as HostArray;
  const result = hostArray(dtype, data.length);
  result.set(data);
  return result;
}
