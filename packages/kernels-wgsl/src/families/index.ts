/** Gathering, scattering and strided copies. */
import { type Family, type LaunchShape, type Pass, perElement, single, WORKGROUP } from "../kernel.js";
import { scratchWords, sortPasses } from "../sorting.js";

/** Where the words of one piece of copy_strided begin, behind bytes per element and the number of pieces. */
function pieceAt(words: readonly unknown[], piece: number): number {
  let at = 2;
  for (let i = 0; i < piece; i++) at += 3 + 3 * (words[at + 2] as number);
  return at;
}

/** With at most this many indices along the axis every element looks through them; more are sorted. */
const MOST_SCANNED = 64;

/** Lines along the axis, and indices along each. */
function linesOf({ words }: LaunchShape): readonly [lines: number, count: number] {
  const [, count, , , , others] = words as [number, number, number, number, number, number];
  let lines = 1;
  for (let axis = 0; axis < others; axis++) lines *= words[6 + 5 * axis] as number;
  return [lines, count];
}

/** Elements of scatter_add's output, live ones alone. */
function elementGroups(shape: LaunchShape): number {
  return Math.ceil((linesOf(shape)[0] * (shape.words[0] as number)) / WORKGROUP);
}

/** Whether scatter_add scans; an output without elements has nobody to see indices that are out of range. */
function isScanned(shape: LaunchShape): boolean {
  return linesOf(shape)[1] <= MOST_SCANNED && (shape.outputs[0] as number) > 0;
}

function scatterAddPasses(shape: LaunchShape): readonly Pass[] {
  if (isScanned(shape)) return [{ shader: "scatter_add_scan", groups: elementGroups }];
  const [lines, count] = linesOf(shape);
  const words = (following: number, width?: number) => scratchWords(following, lines * count, width);
  return [
    ...sortPasses("scatter_add_blocks", "scatter_add_merge", count, linesOf, words),
    { shader: "scatter_add_sum", groups: elementGroups, words: words(-1) },
  ];
}

/** Positions that one thread adds up before several share them. */
const LONG_SUM = 64;

function scatterRowsPasses({ words }: LaunchShape): readonly Pass[] {
  const [, rows, count] = words as [number, number, number];
  const own = (following: number, width?: number) => scratchWords(following, count, width);
  const parts = count > LONG_SUM * rows ? 16 : 1;
  return [
    ...sortPasses("scatter_rows_blocks", "scatter_rows_merge", count, ({ words }) => [1, words[2] as number], own),
    { shader: "scatter_rows_starts", groups: ({ words }) => Math.ceil(((words[1] as number) + 1) / WORKGROUP), words: own(-1) },
    {
      shader: "scatter_rows_sum",
      groups: ({ words }) => Math.ceil(((words[0] as number) * (words[1] as number) * (words[3] as number) * parts) / 256),
      consts: () => ({ PARTS: parts }),
      words: own(-1),
    },
  ];
}

export const index = {
  copy_strided: {
    ...single("copy_strided", ({ words }) => Math.ceil((words[0] as number) / WORKGROUP)),
    eachInput: (words, input) => words.slice(pieceAt(words, input), pieceAt(words, input + 1)),
  },
  gather: single("gather", ({ words }) => Math.ceil((words[1] as number) / WORKGROUP)),
  index_copy: single("index_copy", ({ words }) => Math.ceil((words[3] as number) / WORKGROUP)),
  pad: single("pad", ({ words }) => {
    const [, , , rows, rank] = words as [number, number, number, number, number];
    return Math.ceil((rows * (rank === 0 ? 1 : (words[5 * rank + 1] as number))) / WORKGROUP);
  }),
  scatter_add: {
    passes: scatterAddPasses,
    scratch(shape) {
      const [lines, count] = linesOf(shape);
      return isScanned(shape) ? 0 : 4 * lines * count;
    },
  },
  scatter_rows: {
    passes: scatterRowsPasses,
    scratch: ({ words }) => 4 * (words[2] as number) + (words[1] as number) + 1,
  },
  take: perElement("take"),
} as const satisfies Family;
