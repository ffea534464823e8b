/** Passes of merge sorts, which several families have: blocks in shared memory, then rounds that merge two runs into one. */
import type { LaunchShape, Pass } from "./kernel.js";

/** The longest run that is sorted in shared memory. */
export const LONGEST_RUN = 2048;
/** Pairs that one workgroup of a round makes. */
const MERGE_TILE = 1024;
/** A workgroup sorts this many pairs at least: several lists where they are short. */
const LEAST_TILE = 512;

/** Constants of shaders/lib/sort_tile.wgsl for lists of `length`. */
export function tileOf(length: number): { RUN: number; TILE: number } {
  const run = Math.min(LONGEST_RUN, 2 ** Math.ceil(Math.log2(Math.max(1, length))));
  return { RUN: run, TILE: Math.max(run, LEAST_TILE) };
}

/** Workgroups that sort the blocks of lists. */
export function blockGroups(lists: number, length: number, { RUN, TILE } = tileOf(length)): number {
  return Math.ceil((lists * Math.ceil(length / RUN)) / (TILE / RUN));
}

/**
 * A first pass `blocks` and as many rounds `merge` as it takes.
 * @param length of the lists at most
 * @param sizeOf lists and their length as they are now
 * @param constsOf constants of a pass besides those of the sort, by the passes that follow it
 */
export function sortPasses(
  blocks: string,
  merge: string,
  length: number,
  sizeOf: (shape: LaunchShape) => readonly [lists: number, length: number],
  constsOf: (following: number) => Readonly<Record<string, number>>,
): Pass[] {
  const tile = tileOf(length);
  const rounds = sortRounds(length);
  return [
    { shader: blocks, groups: (shape) => blockGroups(...sizeOf(shape), tile), consts: () => ({ ...tile, ...constsOf(rounds) }) },
    ...Array.from(
      { length: rounds },
      (_, round): Pass => ({
        shader: merge,
        groups(shape) {
          const [lists, now] = sizeOf(shape);
          return lists * Math.ceil(now / MERGE_TILE);
        },
        consts: () => ({ WIDTH: LONGEST_RUN * 2 ** round, ...constsOf(rounds - 1 - round) }),
      }),
    ),
  ];
}

/** Rounds of merges that lists of `length` take. */
export function sortRounds(length: number): number {
  return Math.max(0, Math.ceil(Math.log2(length / LONGEST_RUN)));
}
