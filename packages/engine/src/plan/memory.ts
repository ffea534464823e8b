/** Places values that live between launches in one arena: lifetimes first, then best fit, largest value first. */

import type { Tensor } from "../tensor.js";
import { type Launch, type Placement, type Plan, tensorBytes } from "./plan.js";

/** A cache line, and the alignment that every kernel may rely on. */
export const ALIGNMENT = 64;

export function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

interface Life {
  readonly storage: Tensor;
  bytes: number;
  first: number;
  last: number;
}

/** Every value a launch touches. */
export function touched(launch: Launch): Tensor[] {
  return [...launch.outputs, ...launch.inputs.map((x) => x.base), ...(launch.chain?.inputs.map((x) => x.operand.base) ?? [])];
}

/** First and last launch of each storage that is the arena's to place. */
export function lifetimes(
  launches: readonly Launch[],
  storageOf: (tensor: Tensor) => Tensor,
  placed: (storage: Tensor) => boolean,
  kept: readonly Tensor[],
): Life[] {
  const lives = new Map<Tensor, Life>();
  launches.forEach((launch, i) => {
    for (const tensor of touched(launch)) {
      const storage = storageOf(tensor);
      if (!placed(storage)) continue;
      const life = lives.get(storage);
      if (life === undefined) lives.set(storage, { storage, bytes: align(tensorBytes(tensor)), first: i, last: i });
      else {
        life.last = i;
        life.bytes = Math.max(life.bytes, align(tensorBytes(tensor)));
      }
    }
  });
  for (const tensor of kept) {
    const life = lives.get(storageOf(tensor));
    if (life !== undefined) life.last = launches.length;
  }
  return [...lives.values()];
}

export function place(lives: readonly Life[]): Placement {
  const offsets = new Map<Tensor, number>();
  const done: { life: Life; offset: number }[] = [];
  let bytes = 0;
  // Ties keep program order, so that a plan's text is stable.
  for (const life of [...lives].sort((a, b) => b.bytes - a.bytes || a.first - b.first)) {
    const rivals = done
      .filter(({ life: other }) => other.first <= life.last && life.first <= other.last)
      .sort((a, b) => a.offset - b.offset);
    let best = -1;
    let bestGap = Number.POSITIVE_INFINITY;
    let cursor = 0;
    for (const { life: other, offset } of rivals) {
      const gap = offset - cursor;
      if (gap >= life.bytes && gap < bestGap) {
        best = cursor;
        bestGap = gap;
      }
      cursor = Math.max(cursor, offset + other.bytes);
    }
    const offset = best >= 0 ? best : cursor;
    offsets.set(life.storage, offset);
    done.push({ life, offset });
    bytes = Math.max(bytes, offset + life.bytes);
  }
  return { offsets, bytes, lowerBound: aliveAtOnce(lives) };
}

function aliveAtOnce(lives: readonly Life[]): number {
  let most = 0;
  for (const { first } of lives) {
    let alive = 0;
    for (const life of lives) if (life.first <= first && first <= life.last) alive += life.bytes;
    most = Math.max(most, alive);
  }
  return most;
}

/** A value's place between launches. */
export interface MemoryBlock {
  /** The op that makes it, or the value's own name. */
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
  /** Numbers of the first and last launch that touch it. */
  readonly first: number;
  readonly last: number;
}

export interface MemoryMap {
  readonly bytes: number;
  readonly blocks: readonly MemoryBlock[];
}

/** The arena of a plan, value by value; those that share storage appear as one block for each. */
export function memoryMap({ launches, placement }: Plan): MemoryMap {
  const lives = lifetimes(
    launches,
    (tensor) => tensor,
    (tensor) => placement.offsets.has(tensor),
    [],
  );
  const blocks = lives.map(({ storage, first, last }) => ({
    name: storage.label ?? storage.node?.op.name ?? "copy",
    offset: placement.offsets.get(storage) as number,
    bytes: tensorBytes(storage),
    first,
    last,
  }));
  return { bytes: placement.bytes, blocks };
}
