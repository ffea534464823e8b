/** A rectangular part of a tensor, every `step`-th element along each axis, read in place. */

import { TetradError } from "../errors.js";
import { forEachStrided, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { formatShape, normalizeAxis, stridesOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { padOp } from "./pad.js";

/** Per axis: first element, number of elements, distance between them; already resolved against the input's shape. */
type Attrs = { readonly begins: readonly number[]; readonly extents: readonly number[]; readonly steps: readonly number[] };

export const sliceOp: Op<Attrs> = {
  name: "slice",
  tolerance: "exact",
  infer([input], { begins, extents, steps }) {
    const x = input as Spec;
    const inside = (axis: number): boolean => {
      const [begin, extent, step] = [begins[axis] as number, extents[axis] as number, steps[axis] as number];
      return (
        begin >= 0 && extent >= 0 && step >= 1 && begin + Math.max(0, extent - 1) * step + (extent > 0 ? 1 : 0) <= (x.shape[axis] as number)
      );
    };
    if (begins.length !== x.shape.length || !x.shape.every((_, axis) => inside(axis))) {
      throw new TetradError("SHAPE", {
        op: "slice",
        what: "reaches outside the tensor",
        got: `from ${formatShape(begins)}, ${formatShape(extents)} elements of ${formatShape(x.shape)}`,
      });
    }
    if (x.bound !== undefined && extents[0] !== x.shape[0]) {
      throw new TetradError("UNSUPPORTED", {
        op: "slice",
        what: `cannot cut the bounded axis "${x.bound.name}"`,
        got: `${extents[0]} of ${x.shape[0]}`,
      });
    }
    return [{ shape: extents, dtype: x.dtype, ...(x.bound && { bound: x.bound }) }];
  },
  gradient({ inputs: [input], dy, attrs: { begins, extents, steps } }) {
    const x = input as Tensor;
    const high = x.shape.map((extent, axis) => {
      const [begin, count, step] = [begins[axis] as number, extents[axis] as number, steps[axis] as number];
      return extent - begin - (count === 0 ? 0 : (count - 1) * step + 1);
    });
    return [apply(padOp, [dy], { low: begins, high, interior: steps.map((step) => step - 1), value: 0 })];
  },
  reference([input], { begins, steps }, [output]) {
    const x = input as NonNullable<typeof input>;
    const y = ndZeros((output as Spec).shape, x.dtype);
    const dense = stridesOf(x.shape);
    const base = begins.reduce((at, begin, axis) => at + begin * (dense[axis] as number), 0);
    forEachStrided(y.shape, [dense.map((stride, axis) => stride * (steps[axis] as number))], (index, [at]) => {
      y.data[index] = x.data[base + (at as number)] as number;
    });
    return [y];
  },
  flops: () => 0,
  cases: () => [
    { name: "rows", inputs: [{ shape: [9, 5] }], attrs: { begins: [2, 0], extents: [4, 5], steps: [1, 1] } },
    { name: "columns", inputs: [{ shape: [9, 17] }], attrs: { begins: [0, 3], extents: [9, 8], steps: [1, 1] } },
    { name: "steps", inputs: [{ shape: [7, 33] }], attrs: { begins: [1, 0], extents: [3, 11], steps: [2, 3] } },
    { name: "one", inputs: [{ shape: [65] }], attrs: { begins: [64], extents: [1], steps: [1] } },
    { name: "nothing", inputs: [{ shape: [3, 7] }], attrs: { begins: [3, 1], extents: [0, 2], steps: [1, 4] } },
    { name: "transposed", inputs: [{ shape: [9, 17], transposed: true }], attrs: { begins: [1, 2], extents: [4, 15], steps: [2, 1] } },
  ],
  lowering: {
    kind: "view",
    view: (input, { begins, extents, steps }) => ({
      offset: begins.reduce((at, begin, axis) => at + begin * (input.strides[axis] as number), input.offset),
      shape: extents,
      strides: input.strides.map((stride, axis) => stride * (steps[axis] as number)),
    }),
  },
  bounded: true,
  batch: ([x], _, { begins, extents, steps }) => [
    apply(sliceOp, [x as Tensor], {
      begins: [0, ...begins],
      extents: [(x as Tensor).shape[0] as number, ...extents],
      steps: [1, ...steps],
    }),
  ],
};

/**
 * The elements `begins[i] ≤ index < ends[i]` of each axis i, every `steps[i]`-th of them. Negative positions count from the end,
 * positions beyond the end are cut to it, and axes left out at the end of the lists are taken whole, all as in NumPy. A view, not a copy.
 * Throws ARGUMENT for a step below one (`flip` reverses an axis) and SHAPE when there are more positions than axes.
 */
export function slice(x: Tensor, begins: readonly number[], ends?: readonly (number | undefined)[], steps?: readonly number[]): Tensor {
  for (const list of [begins, ends ?? [], steps ?? []]) {
    if (list.length > x.rank)
      throw new TetradError("SHAPE", {
        op: "slice",
        what: "more positions than axes",
        got: `${list.length}`,
        expected: `at most ${x.rank}`,
      });
  }
  const step = x.shape.map((_, axis) => steps?.[axis] ?? 1);
  const wrong = step.find((s) => !Number.isInteger(s) || s < 1);
  if (wrong !== undefined)
    throw new TetradError("ARGUMENT", {
      op: "slice",
      what: "steps must be positive integers",
      got: `${wrong}`,
      hint: "reverse an axis by flip",
    });
  const position = (at: number, extent: number) => Math.min(Math.max(at < 0 ? at + extent : at, 0), extent);
  const begin = x.shape.map((extent, axis) => position(begins[axis] ?? 0, extent));
  const count = x.shape.map((extent, axis) => {
    const end = position(ends?.[axis] ?? extent, extent);
    return Math.max(0, Math.ceil((end - (begin[axis] as number)) / (step[axis] as number)));
  });
  const whole = x.shape.every((extent, axis) => count[axis] === extent && (step[axis] === 1 || extent <= 1));
  return whole ? x : apply(sliceOp, [x], { begins: begin, extents: count, steps: step });
}

/** Elements `begin ≤ index < end` of one axis. */
export function sliceAxis(x: Tensor, axis: number, begin: number, end?: number): Tensor {
  const at = normalizeAxis(axis, x.rank);
  const fill = <T>(value: T, rest: T): T[] => x.shape.map((_, i) => (i === at ? value : rest));
  return slice(x, fill(begin, 0), fill<number | undefined>(end, undefined));
}
