/** The order that sorting ops share, as PyTorch and NumPy have it: NaN is above everything, zeros of both signs are equal, equal elements keep their order. */

import { type FloatDType, isFloat, requireFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import type { CaseInput, OpCase } from "../op.js";
import { normalizeAxis } from "../shape.js";
import type { Attrs, Spec, Tensor } from "../tensor.js";
import { cast } from "./cast.js";
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

/** Throws DTYPE unless `x` is floating, SHAPE when it has no axis. */
export function requireRows(op: string, x: Spec): void {
  requireFloat(op, x.dtype);
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

/** Applies `f`, which works along the last axis of floating rows, along `axis` of a tensor of any type; whole numbers go through f64, which holds them exactly. */
export function orderedAlong(x: Tensor, axis: number, f: (rows: Tensor) => readonly Tensor[]): Ordered {
  const at = normalizeAxis(axis, x.rank);
  const last = at === x.rank - 1;
  const exact = isFloat(x.dtype) ? x : cast(x, "f64");
  const [values, indices] = f(last ? exact : swapAxes(exact, at, -1)).map((y) => (last ? y : swapAxes(y, at, -1))) as [Tensor, Tensor];
  return { values: isFloat(x.dtype) ? values : cast(values, x.dtype), indices };
}

export function floatType(x: Tensor): FloatDType {
  return x.dtype as FloatDType;
}

/** Rows with what breaks careless sorting: ties, runs in order, NaN, infinities, zeros of both signs. */
export function awkwardRows<A extends Attrs>(attrs: A): OpCase<A>[] {
  const of = (name: string, shape: readonly number[], value: (i: number) => number, kink: boolean): OpCase<A> => {
    const values = Array.from({ length: shape.reduce((n, extent) => n * extent, 1) }, (_, i) => value(i));
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
  ];
}
