/** The order that sorting ops share, as PyTorch and NumPy have it: NaN is above everything, zeros of both signs are equal, equal elements keep their order. */

import { requireNumbers } from "../dtype.js";
import { TetradError } from "../errors.js";
import type { CaseInput, OpCase } from "../op.js";
import { normalizeAxis, type Shape, sizeOf } from "../shape.js";
import type { Attrs, Spec, Tensor } from "../tensor.js";
import { asNumbers, cast } from "./cast.js";
import { zerosLike } from "./full.js";
import { scatterAdd } from "./scatterAdd.js";
import { swapAxes } from "./transpose.js";

/** Negative where a comes first, in ascending order. */
export function compareAscending(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : Number(a > b);
}

/** The positions of `row` in order. */
export function orderOf(row: Float64Array, descending: boolean): number[] {
  const sign = descending ? -1 : 1;
  return Array.from(row, (_, i) => i).sort((i, j) => sign * compareAscending(row[i] as number, row[j] as number) || i - j);
}

/** Throws DTYPE unless `x` is of numbers, SHAPE when it has no axis. */
export function requireRows(op: string, x: Spec): void {
  requireNumbers(op, x.dtype);
  if (x.shape.length === 0) throw new TetradError("SHAPE", { op, what: "needs a tensor with an axis", got: "[]" });
}

/** Gradient of values picked from the last axis of `x`: each goes back to where it came from. */
export function scatterBack(x: Tensor, indices: Tensor, dy: Tensor | undefined): Tensor | undefined {
  return dy === undefined ? undefined : scatterAdd(zerosLike(x), indices, dy, x.rank - 1);
}

export interface Ordered {
  readonly values: Tensor;
  /** i32 positions along the axis that the values were taken from. */
  readonly indices: Tensor;
}

/** Applies `f`, which works along the last axis of rows of numbers, along `axis` of a tensor of any type. */
export function orderedAlong(x: Tensor, axis: number, f: (rows: Tensor) => readonly Tensor[]): Ordered {
  const at = normalizeAxis(axis, x.rank);
  const last = at === x.rank - 1;
  const numbers = asNumbers(x);
  const [values, indices] = f(last ? numbers : swapAxes(numbers, at, -1)).map((y) => (last ? y : swapAxes(y, at, -1))) as [Tensor, Tensor];
  return { values: cast(values, x.dtype), indices };
}

/** Of both ends of the type, with ties. */
export function wholeNumbers(shape: Shape): CaseInput {
  const some = [2 ** 31 - 1, -(2 ** 31), 0, -1, 1, 2 ** 30, 7, -(2 ** 31), 16777217, 16777216];
  return {
    shape,
    dtype: "i32",
    values: Array.from({ length: sizeOf(shape) }, (_, i) => some[(i * i + 3 * i) % some.length] as number),
    frozen: true,
  };
}

/** Rows with what breaks careless sorting: ties, runs in order, NaN, infinities, zeros of both signs. */
export function awkwardRows<A extends Attrs>(attrs: A): OpCase<A>[] {
  const of = (name: string, shape: Shape, value: (i: number) => number, kink: boolean): OpCase<A> => {
    const values = Array.from({ length: sizeOf(shape) }, (_, i) => value(i));
    const finite = values.every(Number.isFinite);
    const input: CaseInput = { shape, values, ...(!finite && { frozen: true }) };
    return { name, inputs: [input], attrs, kink };
  };
  const special = [NaN, 1, -Infinity, 0, -0, Infinity, -1, NaN, -0, 0, 2];
  return [
    of("ties", [3, 33], (i) => (i * 7) % 4, true),
    of("all equal", [2, 40], () => 1.5, true),
    of("ascending", [2, 65], (i) => i / 8, false),
    of("descending", [2, 65], (i) => -i / 8, false),
    of("special values", [3, 37], (i) => special[(i * i + 3 * i) % special.length] as number, false),
    of("many ties", [2, 2500], (i) => (i * 2654435761) % 97, true),
    ...[37, 2500].map((n) => ({ name: `i32 ${n}`, inputs: [wholeNumbers([2, n])], attrs })),
  ];
}
