/** Text from tokens as they come: only the last few are decoded again, because some tokenizers write a token by what stands before it. */

import type { Tokenizer } from "../tokenizer/tokenizer.js";

/** Tokens in front of the text that its first token is decoded with. */
const BEFORE = 8;

export class TextStream {
  readonly #ids: number[];
  /** Tokens that are decoded anew begin here … */
  #from = 0;
  /** … and those of which the text is known end here. */
  #told: number;

  /** @param opening what the text goes on from */
  constructor(
    private readonly tokenizer: Tokenizer,
    opening: readonly number[],
  ) {
    this.#ids = opening.slice(-BEFORE);
    this.#told = this.#ids.length;
  }

  /** @returns what the token adds to the text; nothing where it is part of a character of which more is to come */
  push(id: number): string {
    this.#ids.push(id);
    const text = this.#new();
    if (text === "" || text.endsWith("\ufffd")) return "";
    this.#from = this.#told;
    this.#told = this.#ids.length;
    return text;
  }

  /** What was held back. */
  rest(): string {
    return this.#new();
  }

  #new(): string {
    const known = this.tokenizer.decode(this.#ids.slice(this.#from, this.#told));
    return this.tokenizer.decode(this.#ids.slice(this.#from)).slice(known.length);
  }
}
