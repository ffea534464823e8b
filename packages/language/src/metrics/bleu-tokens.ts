/** How BLEU takes texts apart: sacrebleu's tokenizers for languages that write spaces, whose differences change scores by points. */

import { pieces } from "./ngrams.js";

/** mteval's version 13a, the default of the field; its international version 14; characters; what stands between spaces. */
export type BleuTokenizer = "13a" | "intl" | "char" | "none";

export const TOKENIZERS: Readonly<Record<BleuTokenizer, (text: string) => string[]>> = {
  "13a": (text) =>
    pieces(
      ` ${unescaped(text.replaceAll("<skipped>", "").replaceAll("-\n", "").replaceAll("\n", " "))} `
        .replace(/[{-~[-` -&(-+:-@/]/gu, " $& ")
        // A point or comma within a number stays.
        .replace(/([^0-9])([.,])/gu, "$1 $2 ")
        .replace(/([.,])([^0-9])/gu, " $1 $2")
        .replace(/([0-9])(-)/gu, "$1 $2 "),
    ),
  intl: (text) =>
    pieces(
      text
        .replace(/(\P{N})(\p{P})/gu, "$1 $2 ")
        .replace(/(\p{P})(\P{N})/gu, " $1 $2")
        .replace(/\p{S}/gu, " $& "),
    ),
  char: (text) => [...pieces(text).join("")],
  none: pieces,
};

function unescaped(text: string): string {
  return text.replaceAll("&quot;", '"').replaceAll("&amp;", "&").replaceAll("&lt;", "<").replaceAll("&gt;", ">");
}
