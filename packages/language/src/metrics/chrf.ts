/** chrF and chrF++ (M. Popović 2015, 2017): F2 of n-grams of characters, and of words, as sacrebleu counts them. */

import { checkReferences, ngrams, overlap, pieces, total } from "./ngrams.js";

export interface ChrfOptions {
  /** Longest n-grams of words: 0 for chrF, which is the default, 2 for chrF++ */
  readonly wordOrder?: number;
  readonly lowercase?: boolean;
  /** Counts white space among the characters. */
  readonly whitespace?: boolean;
}

const CHARACTER_ORDER = 6;
/** β²: recall counts twice as much as precision. */
const FACTOR = 4;

/** Of one order of n-grams; the candidate's count as nothing where the reference has none. */
interface Counts {
  readonly candidate: number;
  readonly reference: number;
  readonly matches: number;
}

/** 0 to 100. @param references of each candidate, any number, of which the best counts. @throws TetradError SHAPE, ARGUMENT as `checkReferences` */
export function chrf(references: readonly (readonly string[])[], candidates: readonly string[], options: ChrfOptions = {}): number {
  checkReferences("chrf", references, candidates);
  const all = candidates.map((candidate, i) => bestCounts(references[i] as readonly string[], candidate, options));
  return scoreOf(
    (all[0] as readonly Counts[]).map((_, k) => {
      const sum = (of: keyof Counts) => all.reduce((total, counts) => total + (counts[k] as Counts)[of], 0);
      return { candidate: sum("candidate"), reference: sum("reference"), matches: sum("matches") };
    }),
  );
}

/** Of one sentence. */
export function sentenceChrf(references: readonly string[], candidate: string, options: ChrfOptions = {}): number {
  checkReferences("sentenceChrf", [references], [candidate]);
  return scoreOf(bestCounts(references, candidate, options));
}

function bestCounts(references: readonly string[], candidate: string, options: ChrfOptions): readonly Counts[] {
  const said = orders(candidate, options);
  return references
    .map((reference) =>
      orders(reference, options).map((own, k): Counts => {
        const other = said[k] as Map<string, number>;
        return { candidate: own.size === 0 ? 0 : total(other), reference: total(own), matches: overlap(own, other) };
      }),
    )
    .reduce((best, counts) => (scoreOf(counts) > scoreOf(best) ? counts : best));
}

/** n-grams of characters of each order, then of words. */
function orders(given: string, { wordOrder = 0, lowercase = false, whitespace = false }: ChrfOptions): Map<string, number>[] {
  const text = lowercase ? given.toLowerCase() : given;
  const characters = [...(whitespace ? text : pieces(text).join(""))];
  const words = pieces(text).flatMap(withoutPunctuation);
  return [
    ...Array.from({ length: CHARACTER_ORDER }, (_, k) => ngrams(characters, k + 1)),
    ...Array.from({ length: wordOrder }, (_, k) => ngrams(words, k + 1)),
  ];
}

/** A mark at a word's end is a word of its own, or else one at its beginning. */
function withoutPunctuation(word: string): string[] {
  const [, last] = /^.+([!-/:-@[-`{-~])$/su.exec(word) ?? [];
  if (last !== undefined) return [word.slice(0, -1), last];
  return /^[!-/:-@[-`{-~]./su.test(word) ? [word.slice(0, 1), word.slice(1)] : [word];
}

/** F2 of the means of precision and recall over the orders that both texts have. */
function scoreOf(counts: readonly Counts[]): number {
  const shared = counts.filter(({ candidate, reference }) => candidate > 0 && reference > 0);
  const mean = (of: "candidate" | "reference") => shared.reduce((sum, one) => sum + one.matches / one[of], 0) / shared.length;
  const [precision, recall] = [mean("candidate"), mean("reference")];
  return precision + recall > 0 ? (100 * (1 + FACTOR) * precision * recall) / (FACTOR * precision + recall) : 0;
}
