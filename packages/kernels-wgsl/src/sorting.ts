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
 * @param wordsOf words of a pass, by the passes that follow it and the length of the runs that it merges
 */
export function sortPasses(
  blocks: string,
  merge: string,
  length: number,
  sizeOf: (shape: LaunchShape) => readonly [lists: number, length: number],
  wordsOf: (following: number, width: number) => readonly number[],
): Pass[] {
  const rounds = sortRounds(length);
  return [
    { shader: blocks, groups: (shape) => blockGroups(...sizeOf(shape)), words: wordsOf(rounds, TILE) },
    ...Array.from(
      { length: rounds },
      (_, round): Pass => ({
        shader: merge,
        groups(shape) {
          const [lists, now] = sizeOf(shape);
          return lists * Math.ceil(now / MERGE_TILE);
        },
        words: wordsOf(rounds - 1 - round, TILE * 2 ** round),
      }),
    ),
  ];
}

/** Rounds of merges that lists of `length` take. */
export function sortRounds(length: number): number {
  return Math.max(0, Math.ceil(Math.log2(length / TILE)));
}

/** SortRound of shaders/lib/sort_scratch.wgsl: a sort's last pass writes the first half, which the pass behind it (`following` −1) reads. */
export function scratchWords(following: number, capacity: number, width = 0): readonly number[] {
  const [first, second] = [0, 2 * capacity];
  return following % 2 === 0 ? [second, first, capacity, width] : [first, second, capacity, width];
}
