/** Sorting and searching. */
import { type Family, type LaunchShape, ofIntegersToo, type Pass, single, WORKGROUP } from "../kernel.js";
import { blockGroups, scratchWords, sortPasses, sortRounds, TILE } from "../sorting.js";

const rowsAndLength = ({ words }: LaunchShape) => [words[0], words[1]] as [number, number];

/** Rows that fit in shared memory are sorted; of longer ones the best are selected, and sorted where that is asked for. */
function topKPasses({ outputs, words }: LaunchShape): readonly Pass[] {
  const [, n, k, , sorted] = words as [number, number, number, number, number];
  if (n <= TILE) {
    // As many workgroups as sorting the rows takes, none without output.
    return [{ shader: "top_k_short", groups: ({ words }) => (k === 0 ? 0 : blockGroups(words[0] as number, n)) }];
  }
  const capacity = outputs[0] as number;
  const own = (following: number, width: number) => [...scratchWords(following, capacity, width), Number(following === 0)];
  return [
    { shader: "top_k_select", groups: ({ words }) => (k === 0 ? 0 : (words[0] as number)), words: own(sortRounds(k) + 1, 0) },
    ...(sorted === 0 ? [] : sortPasses("top_k_blocks", "top_k_merge", k, ({ words }) => [words[0] as number, k], own)),
  ];
}

export const sort = {
  search_sorted: ofIntegersToo(
    single("search_sorted", ({ words }) => Math.ceil(((words[0] as number) * (words[2] as number)) / WORKGROUP)),
  ),
  sort: ofIntegersToo({
    passes: (shape) =>
      sortPasses("sort_blocks", "sort_merge", rowsAndLength(shape)[1], rowsAndLength, (following, width) => [
        following === 0 ? 2 : 1 - (following % 2),
        width,
      ]),
  }),
  top_k: ofIntegersToo({
    passes: topKPasses,
    scratch: ({ outputs, words }) => ((words[1] as number) <= TILE ? 0 : 4 * (outputs[0] as number)),
  }),
} as const satisfies Family;
