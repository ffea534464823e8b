/**
 * Where in a text each token comes from. The library's normalizer, pre-tokenizer and model do the work, and here is followed which characters go in and come
 * out; offsets are counted in UTF-16 units, as JavaScript counts, and agree with those of Hugging Face's own tokenizers.
 */

import type { Json, JsonObject } from "@tetrad/engine";

/** A token of a text, before special ones are put around it. */
export interface Piece {
  readonly token: string;
  /** First unit of the text, and the one after its last */
  readonly begin: number;
  readonly end: number;
  /** Which word of the text it belongs to */
  readonly word: number;
}

/** The library's parts, each a function. */
export interface Parts {
  readonly normalizer: ((text: string) => string) | null;
  readonly pre_tokenizer: ((text: string, options: { readonly section_index: number }) => string[]) | null;
  readonly model: (words: string[]) => string[];
}

/** What tokenizer.json says that offsets depend on. */
interface Rules {
  /** Tokens that are found in the text as it is, and whether spaces beside them go with them */
  readonly added: RegExp | undefined;
  readonly strips: ReadonlyMap<string, { readonly left: boolean; readonly right: boolean }>;
  readonly bert: boolean;
  /** CJK ideographs get spaces around them. */
  readonly ideographs: boolean;
  readonly byteLevel: boolean;
  /** What stands alone: numbers that are no decimal digits, and a space (U+0085) that JavaScript's patterns do not take for one. The library misses both. */
  readonly apart: RegExp | undefined;
  readonly metaspace: boolean;
  /** What marks a piece that is not its word's first */
  readonly continuation: string;
  readonly unknown: string | undefined;
  /** Spaces at a token's ends do not count as its own. */
  readonly trim: boolean;
}

/** CJK ideographs beyond 16 bits, which the library forgets. */
const WIDE_IDEOGRAPH = /^[\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b820}-\u{2ceaf}\u{2f800}-\u{2fa1f}]$/u;

export class PieceFinder {
  readonly #rules: Rules;
  /** Characters are few, and are normalised one by one. */
  readonly #normal = new Map<string, string>();

  constructor(
    json: JsonObject,
    private readonly parts: Parts,
  ) {
    this.#rules = rulesOf(json);
  }

  find(text: string): Piece[] {
    const pieces: Piece[] = [];
    let word = 0;
    let section = 0;
    for (const { begin, end, isToken } of sections(text, this.#rules)) {
      if (isToken) pieces.push({ token: text.slice(begin, end).trim(), begin, end, word: word++ });
      else word = this.#section(text.slice(begin, end), begin, section, word, pieces);
      section += 1;
    }
    return pieces;
  }

  /** Words of a text as the model gets them. */
  words(text: string): string[] {
    const { normal } = this.#normalise(text);
    return normal === "" ? [] : this.#words(normal, 0);
  }

  /** Appends the pieces of one section; returns the number of the next word. */
  #section(text: string, offset: number, section: number, firstWord: number, pieces: Piece[]): number {
    const { normal, begins, ends } = this.#normalise(text);
    if (normal === "") return firstWord;
    const words = this.#words(normal, section);
    const place = this.#rules.byteLevel ? byBytes(normal) : bySearch(normal, this.#rules.metaspace);
    let number = firstWord;
    for (const word of words) {
      const at = place(word);
      const tokens = this.parts.model([word]);
      let from = 0;
      for (const [i, token] of tokens.entries()) {
        const length = this.#length(token, i, word, tokens.length);
        const [first, last] = length === undefined ? [at(0), at(word.length - 1)] : [at(from), at(from + length - 1)];
        let begin = begins[first] as number;
        let end = ends[last] as number;
        if (this.#rules.trim) {
          while (begin < end && /\s/.test(text[begin] as string)) begin += 1;
          while (end > begin && /\s/.test(text[end - 1] as string)) end -= 1;
        }
        pieces.push({ token, begin: offset + begin, end: offset + end, word: number });
        from += length ?? 0;
      }
      number += 1;
    }
    return number;
  }

  #words(normal: string, section: number): string[] {
    const { pre_tokenizer: split } = this.parts;
    if (split === null) return [normal];
    const chunks = this.#rules.apart === undefined ? [normal] : normal.split(this.#rules.apart).filter((chunk) => chunk !== "");
    return chunks.flatMap((chunk) => split(chunk, { section_index: section }));
  }

  /** Units of its word that a token stands for; undefined where it stands for the whole word, or for nobody knows which part. */
  #length(token: string, i: number, word: string, tokens: number): number | undefined {
    const { continuation, unknown } = this.#rules;
    if (token === unknown) return tokens === 1 ? undefined : 1;
    // A byte that has no token of its own
    if (/^<0x[0-9A-F]{2}>$/.test(token) && !word.includes(token)) return undefined;
    return i > 0 && continuation !== "" && token.startsWith(continuation) ? token.length - continuation.length : token.length;
  }

  /** The normalised text, and for each of its units where the character that it came from begins and ends. */
  #normalise(text: string): { readonly normal: string; readonly begins: readonly number[]; readonly ends: readonly number[] } {
    const begins: number[] = [];
    const ends: number[] = [];
    const { normalizer } = this.parts;
    const spread = (chunks: Iterable<string>) => {
      begins.length = 0;
      ends.length = 0;
      let normal = "";
      let at = 0;
      for (const chunk of chunks) {
        const out = this.#character(chunk);
        for (let i = 0; i < out.length; i++) {
          begins.push(at);
          ends.push(at + chunk.length);
        }
        normal += out;
        at += chunk.length;
      }
      return normal;
    };
    const single = spread(text);
    // BERT's is defined character by character, but for the library's lower case, which knows where a word ends.
    if (this.#rules.bert || normalizer === null) return { normal: single, begins, ends };
    const whole = normalizer(text);
    if (single === whole) return { normal: single, begins, ends };
    // Composing joins a letter and its marks.
    const clusters = spread(Array.from(new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text), ({ segment }) => segment));
    if (clusters === whole) return { normal: whole, begins, ends };
    return { normal: whole, ...matched(text, whole) };
  }

  #character(chunk: string): string {
    const known = this.#normal.get(chunk);
    if (known !== undefined) return known;
    const { normalizer } = this.parts;
    const wide = this.#rules.ideographs && WIDE_IDEOGRAPH.test(chunk);
    const out = wide ? ` ${chunk} ` : normalizer === null ? chunk : normalizer(chunk);
    if (this.#normal.size < 65_536) this.#normal.set(chunk, out);
    return out;
  }
}

/** For normalizers that add or replace: equal characters are matched in order, and what is between goes to the character before. */
function matched(text: string, normal: string): { readonly begins: number[]; readonly ends: number[] } {
  const begins: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const unit of normal) {
    const found = text.indexOf(unit === "▁" ? " " : unit, at);
    const here = found >= 0 && found - at < 16 ? found : Math.min(at, Math.max(0, text.length - 1));
    for (let i = 0; i < unit.length; i++) {
      begins.push(here);
      ends.push(Math.min(text.length, here + unit.length));
    }
    if (found >= 0 && found - at < 16) at = found + unit.length;
  }
  return { begins, ends };
}

type Placer = (word: string) => (unit: number) => number;

/** Words of byte-level pre-tokenizers spell each byte of the text as one character, and leave none out but a space that they put in front. */
function byBytes(normal: string): Placer {
  const unitOfByte: number[] = [];
  let unit = 0;
  for (const character of normal) {
    const code = character.codePointAt(0) as number;
    const bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (let i = 0; i < bytes; i++) unitOfByte.push(unit);
    unit += character.length;
  }
  let next = 0;
  return (word) => {
    // "Ġ" before a text that does not begin with a space
    const added = next === 0 && word.startsWith("Ġ") && !normal.startsWith(" ") ? 1 : 0;
    const first = next - added;
    next += word.length - added;
    return (byte) => unitOfByte[Math.min(unitOfByte.length - 1, Math.max(0, first + byte))] ?? 0;
  };
}

/** Words of others stand in the text as they are. */
function bySearch(normal: string, metaspace: boolean): Placer {
  const plain = metaspace ? normal.replaceAll(" ", "▁") : normal;
  let next = 0;
  return (word) => {
    const found = plain.indexOf(word, next);
    // "▁" before a text that does not begin with a space
    const added = found < 0 && metaspace && word.startsWith("▁") ? 1 : 0;
    const first = found >= 0 ? found : Math.max(0, plain.indexOf(word.slice(added), next)) - added;
    next = Math.max(next, first + word.length);
    return (unit) => Math.min(normal.length - 1, Math.max(0, first + unit));
  };
}

interface Section {
  readonly begin: number;
  readonly end: number;
  readonly isToken: boolean;
}

function sections(text: string, { added, strips }: Rules): Section[] {
  const found: Section[] = [];
  let at = 0;
  for (const match of added === undefined ? [] : text.matchAll(added)) {
    let begin = match.index;
    let end = begin + match[0].length;
    const { left, right } = strips.get(match[0]) as { left: boolean; right: boolean };
    while (left && begin > at && /\s/.test(text[begin - 1] as string)) begin -= 1;
    while (right && end < text.length && /\s/.test(text[end] as string)) end += 1;
    if (begin > at) found.push({ begin: at, end: begin, isToken: false });
    found.push({ begin, end, isToken: true });
    at = end;
  }
  if (at < text.length) found.push({ begin: at, end: text.length, isToken: false });
  return found;
}

type Part = { readonly [key: string]: Json } | null | undefined;

function rulesOf(json: JsonObject): Rules {
  const part = (name: string) => json[name] as Part;
  const [normalizer, model, post] = [part("normalizer"), part("model"), part("post_processor")];
  const pre = JSON.stringify(json["pre_tokenizer"] ?? null);
  const list = (json["added_tokens"] ?? []) as readonly { readonly content: string; readonly lstrip: boolean; readonly rstrip: boolean }[];
  // The longest first, where one begins as another does.
  const contents = list.map(({ content }) => content).sort((a, b) => b.length - a.length);
  const bert = normalizer?.["type"] === "BertNormalizer";
  const unknown = model?.["unk_token"];
  return {
    added:
      contents.length === 0
        ? undefined
        : new RegExp(contents.map((content) => content.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|"), "g"),
    strips: new Map(list.map(({ content, lstrip, rstrip }) => [content, { left: lstrip, right: rstrip }])),
    bert,
    ideographs: bert && normalizer?.["handle_chinese_chars"] !== false,
    byteLevel: pre.includes('"ByteLevel"'),
    apart: pre.includes('"individual_digits":true') ? /([\p{N}\u0085])/u : pre.includes('"ByteLevel"') ? /(\u0085)/ : undefined,
    metaspace: pre.includes('"Metaspace"'),
    continuation: typeof model?.["continuing_subword_prefix"] === "string" ? model["continuing_subword_prefix"] : "",
    unknown: typeof unknown === "string" ? unknown : undefined,
    trim: (post?.["type"] === "ByteLevel" || post?.["type"] === "RobertaProcessing") && post["trim_offsets"] === true,
  };
}
