/** Passes of merge sorts, which several families have: blocks in shared memory, then rounds that merge two runs into one. */
import type { LaunchShape, Pass } from "./kernel.js";

/** Pairs that a workgroup sorts in shared memory: the longest run that is made there, or several short ones. shaders/lib/sort_tile.wgsl */
export const TILE = 1024;
/** Pairs that one workgroup of a round makes. */
const MERGE_TILE = 1024;

/** Workgroups that sort the blocks of lists. */
export function blockGroups(lists: number, length: number): number {
  const run = Math.min(TILE, 2 ** Math.ceil(Math.log2(Math.max(1, length))));
  return Math.ceil((lists * Math.ceil(length / run) * run) / TILE);
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
  const rounds = sortRounds(length);
  return [
    { shader: blocks, groups: (shape) => blockGroups(...sizeOf(shape)), consts: () => constsOf(rounds) },
    ...Array.from(
      { length: rounds },
      (_, round): Pass => ({
        shader: merge,
        groups(shape) {
          const [lists, now] = sizeOf(shape);
          return lists * Math.ceil(now / MERGE_TILE);
        },
        consts: () => ({ WIDTH: TILE * 2 ** round, ...constsOf(rounds - 1 - round) }),
      }),
    ),
  ];
}

/** Rounds of merges that lists of `length` take. */
export function sortRounds(length: number): number {
  return Math.max(0, Math.ceil(Math.log2(length / TILE)));
}
