/** What text is written with, whatever the model: a decoder that goes on from a prompt, or one that answers to what an encoder has read. */

import type { Move } from "./cache.js";

export interface TextDecoder {
  /** Sequences that are read at once */
  readonly sequences: number;
  readonly vocabulary: number;
  /** Tokens that the answer to a prompt goes on from: the prompt, or the one that begins every target. */
  opening(prompt: readonly number[]): readonly number[];
  /** Most tokens of an answer; 0 or less where the prompt is too long */
  room(prompt: readonly number[]): number;
  /** Reads a prompt into a sequence. @returns logits of the answer's first token (V), a view that the next call overwrites */
  begin(prompt: readonly number[], sequence: number): Promise<Float32Array>;
  /** Reads the next token of each sequence; undefined lets one rest. @returns logits (sequences, V), a view that the next call overwrites */
  step(ids: readonly (number | undefined)[]): Promise<Float32Array>;
  /** Each sequence goes on from what another, `from[sequence]`, has read. */
  copy(from: readonly number[]): Promise<void>;
  close(): void;
}

/**
 * Rows of caches to move so that each sequence has what another has: as far as two have read the same, they have it already.
 * @param read tokens of each sequence
 * @param context rows of each
 * @returns moves of each position together, for one may need what another overwrites
 */
export function movesOf(read: readonly (readonly number[])[], from: readonly number[], context: number): Move[][] {
  const groups: Move[][] = [];
  from.forEach((other, sequence) => {
    const [own, theirs] = [read[sequence] as readonly number[], read[other] as readonly number[]];
    const same = theirs.findIndex((id, i) => id !== own[i]);
    for (let at = same < 0 ? theirs.length : same; at < theirs.length; at++) {
      groups[at] ??= [];
      groups[at]?.push({ from: other * context + at, to: sequence * context + at });
    }
  });
  return groups.filter(Boolean);
}
