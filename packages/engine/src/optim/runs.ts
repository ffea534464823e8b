/** How an optimiser divides a store: runs of parameters that one launch updates, and where the moments of each lie. */

import type { Shape } from "../shape.js";
import type { ParamLayout } from "../store.js";
import type { Optimizer, Update } from "./optimizer.js";

/** A piece of a flat segment, in elements. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
}

/** Parameters that share an update, a decay and a rate: `length` elements from `offset` of params and gradients. */
export interface ParameterRun extends Piece {
  readonly update: Update;
  /** Of the one parameter, where the update goes by tensors. */
  readonly shape: Shape;
  readonly weightDecay: number;
  readonly lrScale: number;
  /** The piece of each moment's segment that is this run's. */
  readonly moments: readonly Piece[];
}

/** A moment's segment: its length, and the pieces that do not start as zeros. */
export interface MomentLayout {
  readonly length: number;
  readonly initial: readonly (Piece & { readonly value: number })[];
}

export interface Arrangement {
  readonly runs: readonly ParameterRun[];
  readonly moments: readonly MomentLayout[];
  /** Equal for optimisers whose moments mean the same. */
  readonly key: string;
}

/** Elements that pieces start at a multiple of, in every segment: vector kernels need no tail, and no two share a cache line of f32. */
export const ALIGNMENT = 16;

/**
 * @param all the store's parameters, of which stored matrices have no place in the flat segments
 * @param end elements of the store's segment
 */
export function layOut(all: readonly ParamLayout[], end: number, optimizer: Optimizer): Arrangement {
  const layout = all.filter(({ stored }) => stored === undefined);
  const runs: ParameterRun[] = [];
  const lengths: number[] = [];
  const initial: (Piece & { value: number })[][] = [];
  const sizesOfAll: string[] = [];
  layout.forEach(({ name, shape, size, offset, state }, i) => {
    if (state) return;
    const update = optimizer.updateOf(name, shape);
    const flat = update.kind === "flat";
    // The padding behind a parameter goes with it, so that neighbours make one run.
    const length = flat ? (layout[i + 1]?.offset ?? end) - offset : size;
    const sizes = flat ? update.moments.map(() => length) : update.moments(shape);
    sizesOfAll.push(sizes.join(","));
    const moments = sizes.map((elements, slot): Piece => {
      const at = lengths[slot] ?? 0;
      lengths[slot] = at + Math.ceil(elements / ALIGNMENT) * ALIGNMENT;
      const piece = { offset: at, length: elements };
      const value = flat ? (update.moments[slot] as number) : 0;
      initial[slot] ??= [];
      if (value !== 0) initial[slot].push({ ...piece, value });
      return piece;
    });
    const run = {
      update,
      shape,
      offset,
      length,
      weightDecay: optimizer.weightDecay !== 0 && optimizer.decays(name, shape) ? optimizer.weightDecay : 0,
      lrScale: optimizer.lrScale(name, shape),
      moments,
    };
    // What gets no gradient keeps its moments for when it does.
    if (run.lrScale === 0) return;
    const last = runs[runs.length - 1];
    if (last !== undefined && joins(last, run)) runs[runs.length - 1] = joined(last, run);
    else runs.push(run);
  });
  const segments = lengths.map((length, slot) => ({ length, initial: initial[slot] ?? [] }));
  return { runs, moments: segments, key: `${optimizer.name} ${sizesOfAll.join(";")} ${JSON.stringify(initial)}` };
}

function joins(a: ParameterRun, b: ParameterRun): boolean {
  const follow = (x: Piece, y: Piece) => x.offset + x.length === y.offset;
  return (
    a.update === b.update &&
    a.update.kind === "flat" &&
    a.weightDecay === b.weightDecay &&
    a.lrScale === b.lrScale &&
    follow(a, b) &&
    a.moments.every((piece, slot) => follow(piece, b.moments[slot] as Piece))
  );
}

function joined(a: ParameterRun, b: ParameterRun): ParameterRun {
  return {
    ...a,
    length: a.length + b.length,
    moments: a.moments.map((piece, slot) => ({ ...piece, length: piece.length + (b.moments[slot] as Piece).length })),
  };
}
