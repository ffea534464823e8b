/** Shape arithmetic: sizes, strides, broadcasting and axes, all on plain arrays of numbers. */

import { TetradError } from "./errors.js";

export type Shape = readonly number[];

export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i] as number;
  }
  return strides;
}

/** The shape that all `shapes` broadcast to by NumPy's rule, or undefined where they do not. */
export function tryBroadcast(shapes: readonly Shape[]): number[] | undefined {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const at = rank - shape.length + i;
      const extent = shape[i] as number;
      if (extent === 1) continue;
      if (result[at] !== 1 && result[at] !== extent) return undefined;
      result[at] = extent;
    }
  }
  return result;
}

/** Strides that read a tensor of `shape` (with its own `strides`) as if it were `target`: 0 along broadcast axes. */
export function broadcastStrides(shape: Shape, strides: readonly number[], target: Shape): number[] {
  const lead = target.length - shape.length;
  return target.map((_, i) => (i < lead || shape[i - lead] === 1 ? 0 : (strides[i - lead] as number)));
}

/** The axes of `target` along which `shape` was broadcast (missing leading axes and axes of extent one). */
export function broadcastAxes(shape: Shape, target: Shape): number[] {
  const lead = target.length - shape.length;
  const axes: number[] = [];
  for (let i = 0; i < target.length; i++) {
    if (i < lead || (shape[i - lead] === 1 && target[i] !== 1)) axes.push(i);
  }
  return axes;
}

/** A non-negative axis from one that may count from the end; throws SHAPE when it is out of range. */
export function normalizeAxis(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || positive < 0 || positive >= rank) {
    throw new TetradError("SHAPE", {
      op: "axis",
      what: "no such axis",
      got: `${axis}`,
      expected: `an integer from ${-rank} to ${rank - 1}`,
    });
  }
  return positive;
}

/** Sorted, distinct, non-negative axes; all of them when none are given. */
export function normalizeAxes(axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = (typeof axes === "number" ? [axes] : axes).map((axis) => normalizeAxis(axis, rank));
  const distinct = [...new Set(list)].sort((a, b) => a - b);
  if (distinct.length !== list.length) {
    throw new TetradError("SHAPE", { op: "axis", what: "the same axis twice", got: `[${list.join(", ")}]` });
  }
  return distinct;
}
