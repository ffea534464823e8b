/** What the indexing ops share: shape rules, and the error for an index that points nowhere. */

import { TetradError } from "../errors.js";
import type { NdArray } from "../nd.js";
import { formatShape, type Shape, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { broadcastTo } from "./broadcastTo.js";
import { reshape } from "./reshape.js";

/** Throws DTYPE unless `indices` are i32. */
export function requireIndices(op: string, indices: Spec): void {
  if (indices.dtype !== "i32")
    throw new TetradError("DTYPE", { op, what: "indices must be whole numbers", got: indices.dtype, expected: "i32" });
}

/** The index at flat position `at`; throws DATA when it lies outside 0 … extent − 1. */
export function checkedIndex(op: string, indices: NdArray, at: number, extent: number): number {
  const index = indices.data[at] as number;
  if (index < 0 || index >= extent) {
    throw new TetradError("DATA", { op, what: `index out of range at position ${at}`, got: `${index}`, expected: `0 to ${extent - 1}` });
  }
  return index;
}

/** Throws SHAPE unless `indices` fit inside `x` along every axis but `axis`. */
export function requireIndexShape(op: string, x: Shape, indices: Shape, axis: number): void {
  if (indices.length !== x.length || !indices.every((extent, i) => i === axis || extent <= (x[i] as number))) {
    throw new TetradError("SHAPE", {
      op,
      what: "indices do not fit the tensor",
      got: `${formatShape(indices)} into ${formatShape(x)} along axis ${axis}`,
      expected: "the same rank, and no larger extent on the other axes",
    });
  }
}

/** Both arrays of an indexed op along another axis than 0 carry the same bounded axis, or none. */
export function indexedBound(op: string, x: Spec, indices: Spec, axis: number): void {
  if (axis !== 0 && (x.bound?.name !== indices.bound?.name || x.bound?.times !== indices.bound?.times)) {
    throw new TetradError("SHAPE", {
      op,
      what: "tensor and indices have different bounded axes",
      got: `${x.bound?.name ?? "none"} and ${indices.bound?.name ?? "none"}`,
    });
  }
}

/** x as (outer, extent, inner) around `axis`. */
export function slabs(shape: Shape, axis: number): { outer: number; extent: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), extent: shape[axis] as number, inner: sizeOf(shape.slice(axis + 1)) };
}

/** Indices (B, …) of a batched op as the gather along axis 2 of a (B, outer, ·, inner) tensor wants them. */
export function spreadIndices(indices: Tensor, outer: number, inner: number): Tensor {
  const extent = indices.shape[0] as number;
  const count = sizeOf(indices.shape.slice(1));
  return broadcastTo(reshape(indices, [extent, 1, count, 1]), [extent, outer, count, inner]);
}

/** Repeatable values for test cases: `count` indices below `extent`, with repeats. */
export function caseIndices(count: number, extent: number): number[] {
  return Array.from({ length: count }, (_, i) => (i * 7 + ((i * i) % 5)) % extent);
}
