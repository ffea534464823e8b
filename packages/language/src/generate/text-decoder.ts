/** What text is written with, whatever the model: a decoder that goes on from a prompt, or one that answers to what an encoder has read. */

import type { Move } from "./cache.js";

export interface TextDecoder {
  /** Sequences that are read at once */
  readonly sequences: number;
  readonly vocabulary: number;
  /** Tokens that the answer to a prompt goes on from: the prompt, or the one that begins every target. */
  opening(prompt: readonly number[]): readonly number[];
  /** Most tokens of a prompt */
  readonly longestPrompt: number;
  /** Most tokens of an answer to a prompt */
  room(prompt: readonly number[]): number;
  /** Forgets what was read of a sequence. */
  reset(sequence: number): void;
  /** Reads a prompt into a sequence. @returns logits of the answer's first token (V), a view that the next call overwrites */
  begin(prompt: readonly number[], sequence: number): Promise<Float32Array>;
  /** Reads the next token of each sequence; undefined lets one rest. @returns logits (sequences, V), a view that the next call overwrites */
  step(ids: readonly (number | undefined)[]): Promise<Float32Array>;
  /** Each sequence goes on from what another, `from[sequence]`, has read. */
  copy(from: readonly number[]): Promise<void>;
  close(): void;
}

/**
 * Inputs of a token for each sequence, whose keys and values go to `rows` of the cache.
 * A sequence that rests writes where its next token will, or over the last one of a full context, which can only be begun anew.
 * @param read tokens that were read, by sequence
 */
export function oneTokenEach(read: readonly (readonly number[])[], ids: readonly (number | undefined)[], context: number) {
  const positions = read.map(({ length }) => Math.min(length, context - 1));
  return {
    ids: positions.map((_, sequence) => ids[sequence] ?? 0),
    positions,
    rows: positions.map((at, sequence) => sequence * context + at),
    lengths: positions.map((at) => at + 1),
  };
}

/** Writes down that these tokens were read, by sequence. */
export function noteRead(read: readonly number[][], ids: readonly (number | undefined)[]): void {
  ids.forEach((id, sequence) => {
    if (id !== undefined) read[sequence]?.push(id);
  });
}

/** How many tokens two texts have in common at their beginnings. */
export function sameBeginning(one: readonly number[], other: readonly number[]): number {
  const differs = one.findIndex((id, i) => id !== other[i]);
  return differs < 0 ? one.length : differs;
}

/**
 * Rows of caches to move so that each sequence has what another has.
 * @param from the other of each
 * @param lengthOf rows of a sequence; @param knownOf how many of its rows the first of two sequences has in common with the second
 * @param context rows that there is room for
 * @returns moves of each position together, for one may need what another overwrites
 */
export function movesOf(
  from: readonly number[],
  lengthOf: (sequence: number) => number,
  knownOf: (sequence: number, other: number) => number,
  context: number,
): Move[][] {
  const groups: Move[][] = [];
  from.forEach((other, sequence) => {
    if (other === sequence) return;
    for (let at = knownOf(sequence, other); at < lengthOf(other); at++) {
      groups[at] ??= [];
      groups[at]?.push({ from: other * context + at, to: sequence * context + at });
    }
  });
  return groups.filter(Boolean);
}
