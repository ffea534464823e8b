/** What the copying ops share: how a strided copy is described to its kernel, and how an element's bits are. */

import { byteSize, type DType, hostArray } from "../dtype.js";
import type { Count, LaunchContext, Operand, Scalar } from "../op.js";
import { type Shape, sizeOf } from "../shape.js";
import type { Bound, Tensor } from "../tensor.js";

/** Merges neighbouring axes that are dense inside one another in every one of `strides`; axes of extent one vanish. */
export function collapseJointly(extents: Shape, strides: readonly (readonly number[])[]): { extents: number[]; strides: number[][] } {
  const merged: number[] = [];
  const lists: number[][] = strides.map(() => []);
  extents.forEach((extent, axis) => {
    if (extent === 1) return;
    const last = merged.length - 1;
    if (last >= 0 && strides.every((list, i) => lists[i]?.[last] === (list[axis] as number) * extent)) {
      merged[last] = (merged[last] as number) * extent;
      lists.forEach((list, i) => {
        list[last] = strides[i]?.[axis] as number;
      });
    } else {
      merged.push(extent);
      lists.forEach((list, i) => {
        list.push(strides[i]?.[axis] as number);
      });
    }
  });
  return { extents: merged, strides: lists };
}

/** `count` elements over a shape whose axis 0 may be bounded: then only the live ones. */
export function liveCount(count: number, bound: Bound | undefined, extent: number): Count {
  return bound === undefined || count === 0 ? count : { live: bound, times: count / extent };
}

/** One piece of a result: an operand and where its elements go, in elements of the output. */
export interface CopyPart {
  readonly operand: Operand;
  readonly offset: number;
  readonly strides: readonly number[];
}

/**
 * One launch that writes every part into `y`. Words after the pointers (output, each part's input): bytes per element, parts,
 * then per part: elements, output offset, rank, and per axis (extent, output stride, input stride).
 */
export function emitCopies(context: LaunchContext, y: Tensor, parts: readonly CopyPart[]): void {
  const words: Scalar[] = [byteSize(y.dtype), parts.length];
  for (const { operand, offset, strides } of parts) {
    const { extents, strides: lists } = collapseJointly(operand.shape, [strides, operand.strides]);
    const [out, input] = lists as [number[], number[]];
    words.push(liveCount(sizeOf(operand.shape), y.bound, operand.shape[0] ?? 1), offset, extents.length);
    extents.forEach((extent, axis) => {
      words.push(extent, out[axis] as number, input[axis] as number);
    });
  }
  context.emit({
    kernel: "copy_strided",
    dtype: undefined,
    outputs: [y],
    inputs: parts.map((part) => part.operand),
    scalars: words,
    flops: 0,
  });
}

/** The two 32-bit words that hold `value` in storage of `dtype`; the second is zero unless the type is eight bytes wide. */
export function elementWords(value: number, dtype: DType): [number, number] {
  const bytes = new Uint8Array(8);
  const element = hostArray(dtype, 1);
  element[0] = value;
  bytes.set(new Uint8Array(element.buffer));
  const words = new Int32Array(bytes.buffer);
  return [words[0] as number, words[1] as number];
}
