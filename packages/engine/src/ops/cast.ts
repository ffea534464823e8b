/** Conversion to another element type. */

import { type DType, isFloat } from "../dtype.js";
import { ndMap } from "../nd.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { notEqual } from "./notEqual.js";

type Attrs = { readonly dtype: Exclude<DType, "bool"> };

export const castOp: Op<Attrs> = {
  name: "cast",
  tolerance: "elementwise",
  infer: ([input], { dtype }) => {
    const { shape, bound } = input as Spec;
    return [{ shape, dtype, ...(bound && { bound }) }];
  },
  gradient: ({ inputs: [x], dy }) => [isFloat(dy.dtype) && isFloat((x as Tensor).dtype) ? cast(dy, (x as Tensor).dtype) : undefined],
  // Floating types are not rounded here: references compute in float64 whatever the graph's types.
  reference: ([x], { dtype }, [output]) => [
    ndMap(dtype === "i32" ? (v = 0) => Math.trunc(v) : (v = 0) => v, [x as NonNullable<typeof x>], (output as Spec).shape, dtype),
  ],
  flops: (_, [output]) => sizeOf((output as Spec).shape),
  cases: () => [
    { name: "f32 to f64", inputs: [{ shape: [33] }], attrs: { dtype: "f64" } },
    { name: "f64 to f32", inputs: [{ shape: [5, 257], dtype: "f64" }], attrs: { dtype: "f32" } },
    { name: "f32 to i32", inputs: [{ shape: [65], range: [-9, 9], frozen: true }], attrs: { dtype: "i32" } },
    {
      name: "i32 to f32",
      inputs: [{ shape: [3, 7], dtype: "i32", range: [-1000, 1000], frozen: true, transposed: true }],
      attrs: { dtype: "f32" },
    },
    { name: "bool to f64", inputs: [{ shape: [17], dtype: "bool", frozen: true }], attrs: { dtype: "f64" } },
    { name: "bool to i32", inputs: [{ shape: [3, 11], dtype: "bool", frozen: true }], attrs: { dtype: "i32" } },
    { name: "empty", inputs: [{ shape: [0, 3] }], attrs: { dtype: "f64" } },
  ],
  lowering: { kind: "elementwise", strip: () => "copy" },
  bounded: true,
  batch: ([x], _, { dtype }) => [apply(castOp, [x as Tensor], { dtype })],
};

/** What ops of numbers work on: floats and i32 as they are, and true as 1. */
export function asNumbers(x: Tensor): Tensor {
  return x.dtype === "bool" ? cast(x, "i32") : x;
}

/** `x` with elements of `dtype`. To i32 numbers lose their fraction (towards 0), to bool all but 0 becomes true. */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  return dtype === "bool" ? notEqual(x, 0) : apply(castOp, [x], { dtype });
}
