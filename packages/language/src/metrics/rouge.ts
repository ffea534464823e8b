/** ROUGE (C.-Y. Lin 2004): how much of a reference a summary has, as the package rouge-score counts it. */

import { ngrams, overlap, total } from "./ngrams.js";
import { porterStem } from "./porter.js";

export interface RougeScore {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface Rouge {
  /** By words */
  readonly rouge1: RougeScore;
  /** By pairs of words */
  readonly rouge2: RougeScore;
  /** By the longest common subsequence */
  readonly rougeL: RougeScore;
  /** By the union of the longest common subsequences of sentences; a line is a sentence */
  readonly rougeLsum: RougeScore;
}

export interface RougeOptions {
  /** Compares stems of English words longer than three letters, by Porter's algorithm. */
  readonly stem?: boolean;
}

export function rouge(reference: string, candidate: string, { stem = false }: RougeOptions = {}): Rouge {
  const [own, said] = [tokens(reference, stem), tokens(candidate, stem)];
  const lines = (text: string) => text.split("\n").map((line) => tokens(line, stem));
  return {
    rouge1: ngramScore(own, said, 1),
    rouge2: ngramScore(own, said, 2),
    rougeL: score(commonSubsequence(own, said).length, own.length, said.length),
    rougeLsum: summaryScore(lines(reference), lines(candidate)),
  };
}

function tokens(text: string, stem: boolean): string[] {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return stem ? words.map((word) => (word.length > 3 ? porterStem(word) : word)) : words;
}

function score(hits: number, wanted: number, said: number): RougeScore {
  const precision = said === 0 ? 0 : hits / said;
  const recall = wanted === 0 ? 0 : hits / wanted;
  return { precision, recall, f1: hits === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
}

function ngramScore(reference: readonly string[], candidate: readonly string[], n: number): RougeScore {
  const [own, said] = [ngrams(reference, n), ngrams(candidate, n)];
  return score(overlap(own, said), total(own), total(said));
}

/** Places in `reference` of one of the longest common subsequences, the last first; of equal ones the one that rouge-score finds, which decides what a union has. */
function commonSubsequence(reference: readonly string[], candidate: readonly string[]): number[] {
  const columns = candidate.length + 1;
  const lengths = new Int32Array((reference.length + 1) * columns);
  const at = (i: number, j: number) => lengths[i * columns + j] as number;
  for (let i = 1; i <= reference.length; i++) {
    for (let j = 1; j <= candidate.length; j++) {
      lengths[i * columns + j] = reference[i - 1] === candidate[j - 1] ? at(i - 1, j - 1) + 1 : Math.max(at(i - 1, j), at(i, j - 1));
    }
  }
  const places: number[] = [];
  for (let i = reference.length, j = candidate.length; i > 0 && j > 0; ) {
    if (reference[i - 1] === candidate[j - 1]) {
      places.push(--i);
      j--;
    } else if (at(i, j - 1) > at(i - 1, j)) j--;
    else i--;
  }
  return places;
}

/** A word counts as often as both texts have it, however many sentences' subsequences go through it. */
function summaryScore(reference: readonly (readonly string[])[], candidate: readonly (readonly string[])[]): RougeScore {
  const [own, said] = [reference.flat(), candidate.flat()];
  const [leftOwn, leftSaid] = [ngrams(own, 1), ngrams(said, 1)];
  let hits = 0;
  for (const sentence of reference) {
    for (const place of new Set(candidate.flatMap((other) => commonSubsequence(sentence, other)))) {
      const word = sentence[place] as string;
      const [a, b] = [leftOwn.get(word) ?? 0, leftSaid.get(word) ?? 0];
      if (a === 0 || b === 0) continue;
      hits++;
      leftOwn.set(word, a - 1);
      leftSaid.set(word, b - 1);
    }
  }
  return score(hits, own.length, said.length);
}
