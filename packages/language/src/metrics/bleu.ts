/** BLEU (K. Papineni et al. 2002) of a corpus and of a sentence, as sacrebleu counts it. */

import { type BleuTokenizer, TOKENIZERS } from "./bleu-tokens.js";
import { checkReferences, ngrams, overlap, total } from "./ngrams.js";

export interface BleuOptions {
  /** 13a unless told */
  readonly tokenizer?: BleuTokenizer;
  readonly lowercase?: boolean;
  /**
   * What an order without a match counts as (B. Chen and C. Cherry 2014): half of half … a match as mteval does, 0.1 matches, or nothing; `add-k` counts
   * one more in orders above the first.
   */
  readonly smoothing?: "exp" | "floor" | "add-k" | "none";
}

export interface BleuScore {
  /** 0 to 100 */
  readonly score: number;
  /** Matches of 1- to 4-grams, with what smoothing adds */
  readonly counts: readonly number[];
  readonly totals: readonly number[];
  /** 0 to 100 */
  readonly precisions: readonly number[];
  readonly brevityPenalty: number;
  readonly candidateLength: number;
  /** Of the references that are nearest in length */
  readonly referenceLength: number;
}

const ORDERS = [1, 2, 3, 4];

interface Counts {
  readonly matches: readonly number[];
  readonly totals: readonly number[];
  readonly candidateLength: number;
  readonly referenceLength: number;
}

/** @param references of each candidate, any number. @throws TetradError SHAPE, ARGUMENT as `checkReferences` */
export function bleu(references: readonly (readonly string[])[], candidates: readonly string[], options: BleuOptions = {}): BleuScore {
  checkReferences("bleu", references, candidates);
  const all = candidates.map((candidate, i) => countsOf(references[i] as readonly string[], candidate, options));
  const sum = (of: (counts: Counts) => number) => all.reduce((total, counts) => total + of(counts), 0);
  const corpus = {
    matches: ORDERS.map((_, k) => sum(({ matches }) => matches[k] as number)),
    totals: ORDERS.map((_, k) => sum(({ totals }) => totals[k] as number)),
    candidateLength: sum(({ candidateLength }) => candidateLength),
    referenceLength: sum(({ referenceLength }) => referenceLength),
  };
  return scoreOf(corpus, options, false);
}

/** Of one sentence, in which orders that are longer than it do not count. */
export function sentenceBleu(references: readonly string[], candidate: string, options: BleuOptions = {}): BleuScore {
  checkReferences("sentenceBleu", [references], [candidate]);
  return scoreOf(countsOf(references, candidate, options), options, true);
}

function countsOf(references: readonly string[], candidate: string, { tokenizer = "13a", lowercase = false }: BleuOptions): Counts {
  const tokens = (text: string) => TOKENIZERS[tokenizer]((lowercase ? text.toLowerCase() : text).trimEnd());
  const own = tokens(candidate);
  const wanted = references.map(tokens);
  const grams = ORDERS.map((n) => ngrams(own, n));
  const nearest = wanted
    .map(({ length }) => length)
    .reduce((best, length) => {
      const [before, now] = [Math.abs(best - own.length), Math.abs(length - own.length)];
      return now < before || (now === before && length < best) ? length : best;
    });
  return {
    matches: ORDERS.map((n, k) => overlap(grams[k] as Map<string, number>, most(wanted.map((list) => ngrams(list, n))))),
    totals: grams.map(total),
    candidateLength: own.length,
    referenceLength: nearest,
  };
}

/** How often each n-gram occurs in the reference that has it most often. */
function most(all: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const largest = new Map<string, number>();
  for (const counts of all) for (const [key, count] of counts) largest.set(key, Math.max(count, largest.get(key) ?? 0));
  return largest;
}

/** Without a match there is no score, smoothed or not. */
function scoreOf(given: Counts, { smoothing = "exp" }: BleuOptions, effectiveOrder: boolean): BleuScore {
  const { candidateLength, referenceLength } = given;
  const brevityPenalty =
    candidateLength >= referenceLength ? 1 : candidateLength === 0 ? 0 : Math.exp(1 - referenceLength / candidateLength);
  const nothing = given.matches.every((count) => count === 0);
  const added = (list: readonly number[]) => list.map((count, k) => count + Number(smoothing === "add-k" && k > 0 && !nothing));
  const [counts, totals] = [added(given.matches), added(given.totals)];
  const precisions = ORDERS.map(() => 0);
  const about = { counts, totals, precisions, brevityPenalty, candidateLength, referenceLength };
  if (nothing) return { score: 0, ...about };
  const empty = totals.indexOf(0);
  const orders = empty < 0 ? ORDERS.length : empty;
  let missed = 0;
  for (let k = 0; k < orders; k++) {
    const count = counts[k] as number;
    if (count === 0) missed++;
    const unmatched = smoothing === "exp" ? 0.5 ** missed : smoothing === "floor" ? 0.1 : 0;
    precisions[k] = (100 * (count || unmatched)) / (totals[k] as number);
  }
  const used = precisions.slice(0, effectiveOrder ? orders : ORDERS.length);
  return { score: brevityPenalty * Math.exp(used.reduce((sum, p) => sum + Math.log(p), 0) / used.length), ...about };
}
