/**
 * Which tokens a masked language model has to guess, and what stands in their place (Devlin et al. 2018, arXiv:1810.04805): 15 % of a text's tokens, of which
 * 80 % are hidden, 10 % replaced by any token and 10 % left as they are. Every choice is a function of seed, occasion, text and token.
 */

import { TetradError, uniformAt } from "@tetrad/engine";
import type { Encoding, Tokenizer } from "../tokenizer/tokenizer.js";
import type { BatchLimits } from "./batch.js";

export interface MaskingOptions {
  /** Share of the tokens; 0.15 unless told */
  readonly mlmProbability?: number;
  /** Hides all pieces of a word, or none. */
  readonly wholeWord?: boolean;
}

export interface Masking extends Required<MaskingOptions> {
  /** Number of the token that hides another */
  readonly mask: number;
  /** Numbers that a token may be replaced by are below this. */
  readonly vocabulary: number;
  readonly seed: number;
}

export interface MaskedBatch {
  /** Token numbers end to end, some of them hidden or replaced */
  readonly ids: Int32Array;
  /** Which of them are asked for */
  readonly places: Int32Array;
  /** What stood there */
  readonly labels: Int32Array;
}

/** First of the streams of random numbers, one an occasion. */
const STREAM = 0x3a5c0000;

/** Number of the token that hides another. @throws TetradError UNSUPPORTED for a tokenizer without one */
export function maskToken(tokenizer: Tokenizer): number {
  const own = tokenizer.config["mask_token"] as string | { readonly content?: string } | null | undefined;
  const name = typeof own === "object" ? own?.content : own;
  const [id, ...rest] = name === undefined ? [] : tokenizer.encode(name, { specialTokens: false }).ids;
  if (id !== undefined && rest.length === 0) return id;
  throw new TetradError("UNSUPPORTED", {
    op: "mlm",
    what: "the tokenizer has no token that hides another",
    expected: '"mask_token" in tokenizer_config.json',
  });
}

/** Tokens that are asked for in a batch within such limits, at most. */
export function mostMasked({ tokens, sequences }: BatchLimits, { mlmProbability }: Masking): number {
  return Math.ceil(tokens * mlmProbability) + sequences;
}

/** @param texts numbers of the batch's texts; @param occasion another one hides other tokens: the epoch */
export function maskedBatch(encoded: readonly Encoding[], texts: readonly number[], masking: Masking, occasion: number): MaskedBatch {
  const ids: number[] = [];
  const places: number[] = [];
  const labels: number[] = [];
  const { mask, vocabulary, seed } = masking;
  for (const text of texts) {
    const encoding = encoded[text] as Encoding;
    // Three numbers a token: its turn, what happens to it, and what replaces it.
    const draw = (token: number, which: 0 | 1 | 2) => uniformAt(seed, STREAM + occasion, text, 3 * token + which, "f64");
    const begin = ids.length;
    ids.push(...encoding.ids);
    for (const token of chosen(encoding, masking, (i) => draw(i, 0))) {
      places.push(begin + token);
      labels.push(encoding.ids[token] as number);
      const fate = draw(token, 1);
      if (fate < 0.8) ids[begin + token] = mask;
      else if (fate < 0.9) ids[begin + token] = Math.floor(draw(token, 2) * vocabulary);
    }
  }
  return { ids: Int32Array.from(ids), places: Int32Array.from(places), labels: Int32Array.from(labels) };
}

/** So many tokens, or whole words, as are asked for, by a random order; at least one token of a text that has any. */
function chosen({ sequenceIds, wordIds }: Encoding, { mlmProbability, wholeWord }: Masking, turn: (token: number) => number): number[] {
  const units: number[][] = [];
  sequenceIds.forEach((text, i) => {
    if (text === null) return;
    const goesOn = wholeWord && i > 0 && wordIds[i] === wordIds[i - 1];
    if (goesOn) units.at(-1)?.push(i);
    else units.push([i]);
  });
  const wanted = Math.max(1, Math.round(units.flat().length * mlmProbability));
  const order = units.map((unit) => ({ unit, turn: turn(unit[0] as number) })).sort((a, b) => a.turn - b.turn);
  const taken: number[] = [];
  for (const { unit } of order) if (taken.length + unit.length <= wanted) taken.push(...unit);
  // Of a text whose words are all longer than that, one piece.
  return taken.length > 0 ? taken.sort((a, b) => a - b) : (order[0]?.unit.slice(0, 1) ?? []);
}
