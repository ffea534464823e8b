/** Some texts to token numbers, in as few bytes as training needs: what the calling thread does itself, and what a worker does. */

import { type ErrorParts, TetradError } from "@tetrad/engine";
import type { EncodeOptions, Tokenizer } from "./tokenizer.js";

export interface Encoded {
  readonly ids: Int32Array;
  /** Which word each token belongs to, −1 for none; of texts that came as words */
  readonly words: Int32Array | undefined;
  /** Tokens that did not fit */
  readonly cut: number;
}

/** A text, or one that is already split into words */
export type Text = string | readonly string[];

/** @param first number of the first text @throws TetradError as `Tokenizer.encode`, naming the text that it is of */
export function encodeBlock(tokenizer: Tokenizer, texts: readonly Text[], first: number, options: EncodeOptions): Encoded[] {
  return texts.map((text, i) => {
    try {
      if (typeof text === "string") {
        const { ids, cut } = tokenizer.encode(text, options);
        return { ids: Int32Array.from(ids), words: undefined, cut };
      }
      const { ids, wordIds, cut } = tokenizer.encodeWords(text, options);
      return { ids: Int32Array.from(ids), words: Int32Array.from(wordIds, (word) => word ?? -1), cut };
    } catch (error) {
      throw error instanceof TetradError ? error.locatedAt(`text ${first + i + 1}`) : error;
    }
  });
}

/** What a worker answers. */
export type Answer =
  | { readonly encoded: readonly Encoded[] }
  | { readonly code: TetradError["code"]; readonly parts: ErrorParts }
  | { readonly broken: string };
