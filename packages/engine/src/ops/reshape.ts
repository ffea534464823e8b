/** The same elements in row-major order under another shape; a view wherever the input is stored without gaps. */

import { TetradError } from "../errors.js";
import type { Op, View } from "../op.js";
import { formatShape, type Shape, sameShape, sizeOf, stridesOf } from "../shape.js";
import type { Bound, Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";

type Attrs = { readonly shape: Shape };

/** A bounded axis 0 survives when it is kept, split from or merged with the axes behind it: rows stay whole. */
function reshapedBound(input: Spec, shape: Shape): Bound | undefined {
  if (input.bound === undefined) return undefined;
  const perStep = (input.shape[0] as number) / input.bound.times;
  const times = (shape[0] ?? 0) / perStep;
  if (shape.length === 0 || !Number.isInteger(times)) {
    throw new TetradError("SHAPE", {
      op: "reshape",
      what: `axis 0 must stay a multiple of the bounded axis "${input.bound.name}"`,
      got: formatShape(shape),
      expected: `a leading extent divisible by ${perStep}`,
    });
  }
  return { name: input.bound.name, times };
}

/** Strides of `shape` over the storage of `input`, if rows of the old shape can be regrouped without a copy. */
export function reshapeView(input: View, shape: Shape): View | undefined {
  if (sameShape(input.shape, shape)) return { ...input, shape };
  // Drop axes of extent one, then walk both shapes from the right, matching groups of equal size that are dense inside.
  const strides = new Array<number>(shape.length).fill(0);
  const source = input.shape.map((extent, i) => ({ extent, stride: input.strides[i] as number })).filter((axis) => axis.extent !== 1);
  let from = source.length - 1;
  let to = shape.length - 1;
  while (to >= 0) {
    if (shape[to] === 1) {
      to--;
      continue;
    }
    const axis = source[from];
    if (axis === undefined) return undefined;
    const inner = axis.stride;
    let sourceSize = axis.extent;
    let targetSize = shape[to] as number;
    strides[to] = inner;
    while (sourceSize !== targetSize) {
      if (sourceSize < targetSize) {
        const next = source[--from];
        if (next === undefined || next.stride !== inner * sourceSize) return undefined;
        sourceSize *= next.extent;
      } else {
        to--;
        if (to < 0) return undefined;
        strides[to] = inner * targetSize;
        targetSize *= shape[to] as number;
      }
    }
    from--;
    to--;
  }
  return { offset: input.offset, shape, strides };
}

export const reshapeOp: Op<Attrs> = {
  name: "reshape",
  tolerance: "exact",
  infer([input], { shape }) {
    const x = input as Spec;
    if (sizeOf(shape) !== sizeOf(x.shape)) {
      throw new TetradError("SHAPE", {
        op: "reshape",
        what: "sizes differ",
        got: `${formatShape(x.shape)} to ${formatShape(shape)}`,
        expected: `${sizeOf(x.shape)} elements`,
      });
    }
    return [{ shape, dtype: x.dtype, bound: reshapedBound(x, shape) }];
  },
  gradient: ({ inputs: [x], dy }) => [reshape(dy, (x as Tensor).shape)],
  reference: ([x], _, [output]) => [{ ...(x as { dtype: Spec["dtype"]; data: Float64Array }), shape: (output as Spec).shape }],
  flops: () => 0,
  cases: () => [
    { name: "merge", inputs: [{ shape: [3, 7] }], attrs: { shape: [21] } },
    { name: "split", inputs: [{ shape: [24, 5] }], attrs: { shape: [2, 3, 4, 5] } },
    { name: "ones", inputs: [{ shape: [1, 9, 1] }], attrs: { shape: [9, 1, 1, 1] } },
    { name: "scalar", inputs: [{ shape: [1, 1] }], attrs: { shape: [] } },
    { name: "empty", inputs: [{ shape: [0, 3] }], attrs: { shape: [3, 0] } },
    { name: "transposed", inputs: [{ shape: [9, 17], transposed: true }], attrs: { shape: [17, 9] } },
  ],
  lowering: {
    kind: "view",
    view: (input, { shape }) => (sizeOf(shape) === 0 ? { offset: 0, shape, strides: stridesOf(shape) } : reshapeView(input, shape)),
  },
  bounded: true,
  batch: ([x], _, { shape }) => [reshape(x as Tensor, [(x as Tensor).shape[0] as number, ...shape])],
};

/** Reinterprets `x` in row-major order; one extent may be -1 and is then inferred. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = shape.reduce((product, extent) => (extent === -1 ? product : product * extent), 1);
  const full = shape.map((extent) => (extent === -1 ? x.size / known : extent));
  return sameShape(full, x.shape) ? x : apply(reshapeOp, [x], { shape: full });
}
