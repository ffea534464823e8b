/** Sequences laid end to end, never padded: what programs of language models take. */

import type { InputSpecs } from "@tetrad/engine";

/** Token numbers of one sequence. */
export type Ids = ArrayLike<number>;

export interface BatchLimits {
  /** Most tokens of a batch */
  readonly tokens: number;
  /** Most sequences of a batch */
  readonly sequences: number;
  /** Keys that an adapter puts before every sequence's own; none unless told */
  readonly virtualKeys?: number | undefined;
}

/** Inputs of a program over batches within `limits`: axes are bounded, so that one plan serves them all and computes only what is there. */
export function batchSpecs({ tokens, sequences, virtualKeys = 0 }: BatchLimits) {
  const keys = {
    keyRows: { shape: [tokens + virtualKeys * sequences], dtype: "i32", bounded: "keys" },
    cuSeqlensKeys: { shape: [sequences + 1], dtype: "i32" },
  } as const satisfies InputSpecs;
  const own = {
    ids: { shape: [tokens], dtype: "i32", bounded: "tokens" },
    positions: { shape: [tokens], dtype: "i32", bounded: "tokens" },
    cuSeqlens: { shape: [sequences + 1], dtype: "i32" },
    chosen: { shape: [sequences], dtype: "i32", bounded: "sequences" },
  } as const satisfies InputSpecs;
  return { ...own, ...(virtualKeys > 0 && keys) };
}

export type BatchArrays = Record<"ids" | "positions" | "cuSeqlens" | "chosen", Int32Array> & {
  readonly keyRows?: Int32Array;
  readonly cuSeqlensKeys?: Int32Array;
};

/** @param causal the last token stands for its sequence, not the first */
export function packBatch(sequences: readonly Ids[], limits: BatchLimits, causal: boolean): BatchArrays {
  const { virtualKeys = 0 } = limits;
  const total = sequences.reduce((sum, { length }) => sum + length, 0);
  const ids = new Int32Array(total);
  const positions = new Int32Array(total);
  // A list that is shorter than the plan's repeats its end.
  const cuSeqlens = new Int32Array(limits.sequences + 1).fill(total);
  const chosen = new Int32Array(sequences.length);
  let at = 0;
  sequences.forEach((sequence, s) => {
    cuSeqlens[s] = at;
    chosen[s] = causal ? at + sequence.length - 1 : at;
    for (let i = 0; i < sequence.length; i++) {
      ids[at + i] = sequence[i] as number;
      positions[at + i] = virtualKeys + i;
    }
    at += sequence.length;
  });
  return { ids, positions, cuSeqlens, chosen, ...(virtualKeys > 0 && keysOf(sequences, cuSeqlens, virtualKeys)) };
}

/** Which sequence each token is of. @param cuSeqlens where each begins, then the end, repeated */
export function sequenceOfTokens(cuSeqlens: Int32Array, tokens: number): Int32Array {
  const of = new Int32Array(tokens);
  for (let s = 0; s + 1 < cuSeqlens.length; s++) of.fill(s, cuSeqlens[s], cuSeqlens[s + 1]);
  return of;
}

/** Where attention finds each key: those before a sequence, then its tokens'. */
function keysOf(sequences: readonly Ids[], cuSeqlens: Int32Array, virtualKeys: number) {
  const keyRows = sequences.flatMap(({ length }, s) =>
    Array.from({ length: virtualKeys + length }, (_, i) => (i < virtualKeys ? -1 - i : (cuSeqlens[s] as number) + i - virtualKeys)),
  );
  return {
    keyRows: Int32Array.from(keyRows),
    cuSeqlensKeys: cuSeqlens.map((first, s) => first + virtualKeys * Math.min(s, sequences.length)),
  };
}

/** Numbers of some sequences' tokens end to end, as the tokens lie in a batch. */
export function endToEnd(rows: readonly number[], numbers: readonly ArrayLike<number>[]): Int32Array {
  const own = rows.map((row) => numbers[row] as ArrayLike<number>);
  const all = new Int32Array(own.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const list of own) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}

/** The least limits that any `rows` of these sequences keep. */
export function limitsOf(sequences: readonly Ids[], rows: number, virtualKeys = 0): BatchLimits {
  const longest = sequences
    .map(({ length }) => length)
    .sort((a, b) => b - a)
    .slice(0, rows);
  return {
    tokens: Math.max(
      1,
      longest.reduce((sum, length) => sum + length, 0),
    ),
    sequences: Math.max(1, longest.length),
    ...(virtualKeys > 0 && { virtualKeys }),
  };
}

/** Neighbours gathered into batches within `limits`, as lists of their numbers. */
export function* within(sequences: readonly Ids[], limits: BatchLimits): Generator<readonly number[]> {
  let batch: number[] = [];
  let tokens = 0;
  for (let i = 0; i < sequences.length; i++) {
    const { length } = sequences[i] as Ids;
    if (batch.length > 0 && (batch.length === limits.sequences || tokens + length > limits.tokens)) {
      yield batch;
      batch = [];
      tokens = 0;
    }
    batch.push(i);
    tokens += length;
  }
  if (batch.length > 0) yield batch;
}
