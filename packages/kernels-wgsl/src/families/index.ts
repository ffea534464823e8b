/** Gathering, scattering and strided copies. */
import { type Family, perElement, single, WORKGROUP } from "../kernel.js";

/** Where the words of one piece of copy_strided begin, behind bytes per element and the number of pieces. */
function pieceAt(words: readonly unknown[], piece: number): number {
  let at = 2;
  for (let i = 0; i < piece; i++) at += 3 + 3 * (words[at + 2] as number);
  return at;
}

export const index = {
  copy_strided: {
    ...single("copy_strided", ({ words }) => Math.ceil((words[0] as number) / WORKGROUP)),
    eachInput: (words, input) => words.slice(pieceAt(words, input), pieceAt(words, input + 1)),
  },
  gather: single("gather", ({ words }) => Math.ceil((words[1] as number) / WORKGROUP)),
  pad: single("pad", ({ words }) => {
    const [, , , rows, rank] = words as [number, number, number, number, number];
    return Math.ceil((rows * (rank === 0 ? 1 : (words[5 * rank + 1] as number))) / WORKGROUP);
  }),
  take: perElement("take"),
} as const satisfies Family;
