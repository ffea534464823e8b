/** One answer in the making: it takes logits, gives tokens to read, and knows when it has ended. */

import { type Json, TetradError } from "@tetrad/engine";
import type { Expression } from "../schema/expression.js";
import { SchemaGuide } from "../schema/guide.js";
import type { TextGenerator } from "./open.js";
import { checkSampling, nextToken, type SamplingOptions } from "./sample.js";
import { TextStream } from "./text-stream.js";

export interface GenerateOptions extends SamplingOptions {
  /** Tokens of the answer at most; 64 unless told */
  readonly maxNewTokens?: number;
  /** Texts that end the answer and are no part of it */
  readonly stop?: readonly string[];
  /** Texts that do not occur in the answer, as words of their own or at its beginning */
  readonly badWords?: readonly string[];
  /** The answer is a JSON document of this schema, on one line: tokens that cannot go on to one do not come (docs/guides/text.md has the keywords) */
  readonly schema?: Json;
  /** New text as it comes; characters of which only a part is known wait for the rest. */
  readonly onText?: (text: string) => void;
  readonly signal?: AbortSignal;
}

export interface Generated {
  readonly text: string;
  readonly ids: readonly number[];
  /** Why it ended: its end token, a stop text, as many tokens as were allowed, or the signal */
  readonly reason: "end" | "stop" | "length" | "aborted";
  /** Of reading the prompt, and of writing the answer */
  readonly seconds: { readonly prompt: number; readonly answer: number };
}

/** A text, or its token numbers. */
export type Prompt = string | readonly number[];

/** Token numbers of a prompt. @throws TetradError ARGUMENT for one that leaves no room for an answer */
export function promptOf({ model: { tokenizer }, decoder }: TextGenerator, prompt: Prompt): readonly number[] {
  const ids = typeof prompt === "string" ? tokenizer.encode(prompt).ids : prompt;
  if (ids.length <= decoder.longestPrompt) return ids;
  throw new TetradError("ARGUMENT", {
    op: "generate",
    what: "the prompt leaves no room for an answer",
    got: `${ids.length} tokens`,
    expected: `at most ${decoder.longestPrompt}`,
    hint: "allow a longer context, or shorten the prompt",
  });
}

/** What answers with the same options share. */
interface Prepared {
  readonly guide: SchemaGuide | undefined;
}

/** Options with the folder's own where the caller says nothing, and words as tokens. @throws TetradError ARGUMENT for numbers out of range, empty texts */
export function fullOptions<O extends GenerateOptions>({ model: { tokenizer }, defaults }: TextGenerator, given: O): O & Prepared {
  const options = { ...defaults, ...given };
  checkSampling(options);
  const { stop = [], badWords = [], badWordsIds = [] } = options;
  for (const [name, texts] of Object.entries({ "a stop text": stop, "a bad word": badWords })) {
    if (texts.includes("")) throw new TetradError("ARGUMENT", { op: "generate", what: `${name} is empty` });
  }
  // Most tokenizers write a word that follows another otherwise than one at the beginning.
  const words = badWords.flatMap((word) => [word, ` ${word}`].map((text) => tokenizer.encode(text, { specialTokens: false }).ids));
  const guide = options.schema === undefined ? undefined : new SchemaGuide(tokenizer, options.schema);
  return { ...options, badWordsIds: [...badWordsIds, ...words], guide };
}

export class Answer {
  readonly #ids: number[] = [];
  readonly #seen: number[];
  readonly #stream: TextStream;
  readonly #most: number;
  readonly #begin = performance.now();
  #answering = 0;
  /** What may still be written, where there is a schema */
  #state: Expression | undefined;
  /** Text so far, and how much of it was given away */
  #text = "";
  #told = 0;
  #reason: Generated["reason"] | undefined;

  /** @param options as `fullOptions` gives them */
  constructor(
    private readonly generator: TextGenerator,
    prompt: readonly number[],
    private readonly options: GenerateOptions & Prepared,
  ) {
    const { decoder, model } = generator;
    this.#seen = [...decoder.opening(prompt)];
    this.#stream = new TextStream(model.tokenizer, this.#seen);
    this.#most = Math.min(options.maxNewTokens ?? 64, decoder.room(prompt));
    this.#state = options.guide?.start;
    if (this.#state === undefined || this.#state.least <= this.#most) return;
    throw new TetradError("ARGUMENT", {
      op: "generate",
      what: "no document of the schema is so short",
      got: `${this.#most} tokens`,
      expected: `${this.#state.least} tokens or more`,
      hint: "allow more tokens, or a longer context",
    });
  }

  /** @returns the next token, which is to be read; undefined where the answer has ended */
  next(logits: Float32Array): number | undefined {
    this.#answering ||= performance.now();
    const { stop = [], signal, onText, guide } = this.options;
    if (signal?.aborted === true) return this.#end("aborted");
    if (this.#most === 0) return this.#end("length");
    const { ends } = this.generator;
    const allowed = this.#state && guide?.allowed(this.#state, this.#most - this.#ids.length, ends, logits.length);
    const id = nextToken(logits, { seen: this.#seen, step: this.#ids.length, ends, allowed }, this.options);
    if (ends.has(id)) return this.#end("end");
    this.#ids.push(id);
    this.#seen.push(id);
    this.#text += this.#stream.push(id);
    this.#state = this.#state && guide?.after(this.#state, id);
    const cut = stop.map((end) => this.#text.indexOf(end)).filter((at) => at >= 0);
    if (cut.length > 0) {
      this.#text = this.#text.slice(0, Math.min(...cut));
      return this.#end("stop");
    }
    // What may yet become a stop text waits.
    const safe = safeLength(this.#text, stop);
    if (safe > this.#told) onText?.(this.#text.slice(this.#told, safe));
    this.#told = Math.max(safe, this.#told);
    if (this.#state !== undefined && guide?.isOver(this.#state) === true) return this.#end("end");
    return this.#ids.length < this.#most ? id : this.#end("length");
  }

  #end(reason: Generated["reason"]): undefined {
    this.#reason = reason;
    if (reason !== "stop") this.#text += this.#stream.rest();
    if (this.#text.length > this.#told) this.options.onText?.(this.#text.slice(this.#told));
  }

  /** What it has become, once it has ended. */
  get done(): Generated {
    const seconds = { prompt: (this.#answering - this.#begin) / 1000, answer: (performance.now() - this.#answering) / 1000 };
    return { text: this.#text, ids: this.#ids, reason: this.#reason as Generated["reason"], seconds };
  }
}

function safeLength(text: string, stop: readonly string[]): number {
  let safe = text.length;
  for (const end of stop) {
    for (let n = Math.min(end.length - 1, safe); n > 0; n--) {
      if (text.slice(0, safe).endsWith(end.slice(0, n))) {
        safe -= n;
        break;
      }
    }
  }
  return safe;
}
