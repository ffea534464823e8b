/** Text to token numbers and back, by a folder's own tokenizer; @huggingface/tokenizers does the work, and pieces.ts follows where each token comes from. */

import { Template } from "@huggingface/jinja";
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { type JsonObject, parseJsonObject, readBytes, TetradError, writeFileAtomic } from "@tetrad/engine";
import { optional } from "../weights/read.js";
import { type Parts, type Piece, PieceFinder } from "./pieces.js";
import { tokenBytes } from "./token-bytes.js";
import { fromVocabulary } from "./vocabulary.js";

/** Which text of a pair a token belongs to, or that it is one put around them. */
export type SequenceId = 0 | 1 | null;

export interface Encoding {
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
  /** 0 for the first text and what is around it, 1 for the second */
  readonly types: readonly number[];
  readonly sequenceIds: readonly SequenceId[];
  /** Where in its text each token comes from, in UTF-16 units; [0, 0] for special ones */
  readonly offsets: readonly (readonly [number, number])[];
  /** Which word of its text each token belongs to; null for special ones */
  readonly wordIds: readonly (number | null)[];
  /** Tokens that did not fit and were left out. */
  readonly cut: number;
}

export interface ChatMessage {
  /** system, user or assistant */
  readonly role: string;
  readonly content: string;
}

export interface EncodeOptions {
  /** Most tokens, special ones among them and virtual ones not; what is longer is cut at the end. */
  readonly maxTokens?: number;
  /** Adds what the model expects around a text, [CLS] and [SEP] say; true unless told. */
  readonly specialTokens?: boolean;
}

/** Which text of a pair is cut; the longer one first unless told. */
export type Truncation = "longest_first" | "only_first" | "only_second";

export interface PairOptions extends EncodeOptions {
  readonly truncation?: Truncation;
}

export interface WindowOptions {
  /** Tokens of a window, special ones and the question among them */
  readonly maxTokens: number;
  /** Tokens that a window has in common with the one before */
  readonly stride: number;
}

/** What is used of the library, whose declarations Node's module rules cannot follow. */
interface Pipeline extends Parts {
  readonly post_processor:
    | ((first: string[], second: string[] | null, special: boolean) => { readonly tokens: string[]; readonly token_type_ids?: number[] })
    | null;
  decode(ids: number[], options: { readonly skip_special_tokens: boolean; readonly clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
  get_vocab(withAdded: boolean): Map<string, number>;
}

/** Files of a folder that belong to its tokenizer and go wherever a model made of it goes. */
export const TOKENIZER_FILES: readonly string[] = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "vocab.txt",
  "vocab.json",
  "merges.txt",
  "added_tokens.json",
  "chat_template.jinja",
];

/** Characters that no text has (U+10FFFE, U+10FFFF), in the place of one when the template is asked for. */
const [FIRST, SECOND] = ["\u{10fffe}", "\u{10ffff}"];

/** What stands before texts without being of the vocabulary, and the tokenizer that it was added to */
interface Prompted {
  readonly tokens: number;
  readonly of: Tokenizer;
}

/** Tokens around texts: a text's number, or a token's number and its type. */
type Slot = { readonly text: 0 | 1; readonly type: number } | { readonly token: string; readonly id: number; readonly type: number };

export class Tokenizer {
  readonly #pipeline: Pipeline;
  readonly #pieces: PieceFinder;
  /** What stands for pieces that are not in the vocabulary; undefined where every piece is. */
  readonly unknownId: number | undefined;
  #template: Template | undefined;
  readonly #templates = new Map<string, readonly Slot[]>();

  /** @param json tokenizer.json; @param config tokenizer_config.json */
  constructor(
    private readonly json: JsonObject,
    readonly config: JsonObject = {},
    /** What is copied when a model is saved. */
    readonly files: Readonly<Record<string, Uint8Array>> = {},
    source = "tokenizer.json",
    private readonly prompt?: Prompted,
  ) {
    if (prompt !== undefined) {
      this.#pipeline = prompt.of.#pipeline;
      this.#pieces = prompt.of.#pieces;
      this.unknownId = prompt.of.unknownId;
      return;
    }
    try {
      this.#pipeline = new Library(json, config) as unknown as Pipeline;
      this.#pieces = new PieceFinder(json, this.#pipeline);
    } catch (error) {
      throw new TetradError("FORMAT", { op: source, what: "the tokenizer cannot be built", got: (error as Error).message });
    }
    const { unk_token: unknown } = (json["model"] ?? {}) as { readonly unk_token?: string | null };
    this.unknownId = typeof unknown === "string" ? this.idOf(unknown) : undefined;
  }

  /**
   * Of a model's folder: tokenizer.json, or vocab.txt (WordPiece), or vocab.json and merges.txt (byte-level BPE).
   * @throws TetradError IO for a folder that has none of them, FORMAT for a damaged one
   */
  static async load(folder: string): Promise<Tokenizer> {
    const files: Record<string, Uint8Array> = {};
    for (const name of TOKENIZER_FILES) {
      const bytes = await optional(`${folder}/${name}`);
      if (bytes !== undefined) files[name] = bytes;
    }
    const json = (name: string) => (files[name] === undefined ? undefined : parseJsonObject(files[name], `${folder}/${name}`));
    const config = json("tokenizer_config.json") ?? {};
    const own = json("tokenizer.json") ?? fromVocabulary(files, config, folder);
    // Says which path it is that cannot be read.
    if (own === undefined) await readBytes(`${folder}/tokenizer.json`);
    return new Tokenizer(own as JsonObject, config, files, `${folder}/tokenizer.json`);
  }

  /** One that no file was read for: its tokenizer.json and tokenizer_config.json are what is copied. */
  static made(json: JsonObject, config: JsonObject, source: string): Tokenizer {
    const bytes = (value: JsonObject) => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
    return new Tokenizer(json, config, { "tokenizer.json": bytes(json), "tokenizer_config.json": bytes(config) }, source);
  }

  /** The same tokenizer, which puts virtual tokens before every text beside its special ones: −1, −2, …, numbers that no vocabulary has. */
  prompted(tokens: number): Tokenizer {
    return new Tokenizer(this.json, this.config, this.files, undefined, { tokens, of: this });
  }

  /** What another thread makes the same tokenizer from. */
  get source(): { readonly json: JsonObject; readonly config: JsonObject; readonly virtual: number } {
    return { json: this.json, config: this.config, virtual: this.prompt?.tokens ?? 0 };
  }

  /** What each token writes, by its number; undefined for special ones. @throws TetradError UNSUPPORTED for WordPiece, whose tokens depend on their neighbours */
  bytes(): readonly (Uint8Array | undefined)[] {
    return tokenBytes(this.json, this.#pipeline.get_vocab(true));
  }

  /** One more than the largest token number. */
  get size(): number {
    let size = 0;
    for (const id of this.#pipeline.get_vocab(true).values()) size = Math.max(size, id + 1);
    return size;
  }

  /** A token's number; undefined where the vocabulary has it not. */
  idOf(token: string): number | undefined {
    return this.#pipeline.token_to_id(token);
  }

  /** Words of a text as the tokenizer's model gets them; special tokens in it are text like any other. */
  words(text: string): readonly string[] {
    return this.#pieces.words(text);
  }

  /** Its files in a folder, each whole or not at all. @throws TetradError IO */
  async save(folder: string): Promise<void> {
    for (const [name, content] of Object.entries(this.files)) await writeFileAtomic(`${folder}/${name}`, content);
  }

  /** @throws TetradError ARGUMENT for a limit that leaves no room for the text */
  encode(text: string, options: EncodeOptions = {}): Encoding {
    return this.#limited([this.#pieces.find(text)], options);
  }

  /**
   * Two texts for one sequence, a question and where its answer may be. An empty second one counts as none, as in transformers.
   * @throws TetradError ARGUMENT where the text to be cut is shorter than what has to go
   */
  encodePair(first: string, second: string, options: PairOptions = {}): Encoding {
    return second === "" ? this.encode(first, options) : this.#limited([this.#pieces.find(first), this.#pieces.find(second)], options);
  }

  /** A text that is already split into words; offsets are counted within each. */
  encodeWords(words: readonly string[], options: EncodeOptions = {}): Encoding {
    const pieces = words.flatMap((text, word) => this.#pieces.find(text).map((piece) => ({ ...piece, word })));
    return this.#limited([pieces], options);
  }

  /**
   * A pair whose second text is longer than a sequence may be, as overlapping windows of it, each with all of the first.
   * @throws TetradError ARGUMENT where the first text leaves no room, or less than the stride
   */
  encodeWindows(first: string, second: string, { maxTokens, stride }: WindowOptions): Encoding[] {
    const [question, context] = [this.#pieces.find(first), this.#pieces.find(second)];
    const room = maxTokens - question.length - this.#special(2);
    if (room <= stride) {
      throw new TetradError("ARGUMENT", {
        op: "tokenize",
        what: "the first text leaves no room for windows of the second",
        got: `${maxTokens} tokens less ${maxTokens - room}, with a stride of ${stride}`,
        hint: "shorten the question, or allow more tokens",
      });
    }
    const windows: Encoding[] = [];
    for (let begin = 0; ; begin += room - stride) {
      windows.push(this.#assemble([question, context.slice(begin, begin + room)], true, 0));
      if (begin + room >= context.length) return windows;
    }
  }

  /**
   * A conversation as the model was trained to read it, by the folder's chat template.
   * @param addGenerationPrompt ends with what introduces the model's answer
   * @throws TetradError UNSUPPORTED for a folder without a template, DATA for messages that its template refuses
   */
  chat(messages: readonly ChatMessage[], { addGenerationPrompt = true }: { readonly addGenerationPrompt?: boolean } = {}): string {
    const file = this.files["chat_template.jinja"];
    const source = file === undefined ? this.config["chat_template"] : new TextDecoder().decode(file);
    if (typeof source !== "string") {
      throw new TetradError("UNSUPPORTED", { op: "chat", what: "this model has no chat template", hint: "give it plain text instead" });
    }
    const special = ["bos_token", "eos_token", "unk_token", "pad_token"].map((name) => {
      const token = this.config[name] as string | { readonly content?: string } | null | undefined;
      return [name, typeof token === "object" ? token?.content : token] as const;
    });
    try {
      this.#template ??= new Template(source);
      return this.#template.render({ ...Object.fromEntries(special), messages: [...messages], add_generation_prompt: addGenerationPrompt });
    } catch (error) {
      throw new TetradError("DATA", { op: "chat", what: "the chat template refuses these messages", got: (error as Error).message });
    }
  }

  decode(ids: readonly number[], { specialTokens = false }: { readonly specialTokens?: boolean } = {}): string {
    return ids.length === 0
      ? ""
      : this.#pipeline.decode([...ids], { skip_special_tokens: !specialTokens, clean_up_tokenization_spaces: false });
  }

  #limited(texts: readonly Piece[][], { maxTokens = Number.POSITIVE_INFINITY, specialTokens = true, truncation }: PairOptions): Encoding {
    const special = specialTokens ? this.#special(texts.length) : 0;
    const total = special + texts.reduce((sum, { length }) => sum + length, 0);
    const cut = Math.max(0, total - maxTokens);
    if (cut === 0) return this.#assemble(texts, specialTokens, 0);
    const lengths = texts.map(({ length }) => length);
    const kept = cutLengths(lengths, cut, texts.length === 1 ? "only_first" : (truncation ?? "longest_first"));
    if (maxTokens <= special || kept.some((length) => length < 0)) {
      throw new TetradError("ARGUMENT", {
        op: "tokenize",
        what: "the limit leaves no room for the text that is to be cut",
        got: `${maxTokens} tokens for ${lengths.join(" and ")} and ${special} special ones`,
        hint: texts.length === 1 ? "allow more tokens" : 'cut the longer one: truncation "longest_first"',
      });
    }
    return this.#assemble(
      texts.map((pieces, i) => pieces.slice(0, kept[i])),
      specialTokens,
      cut,
    );
  }

  #assemble(texts: readonly (readonly Piece[])[], special: boolean, cut: number): Encoding {
    const ids: number[] = [];
    const tokens: string[] = [];
    const types: number[] = [];
    const sequenceIds: SequenceId[] = [];
    const offsets: [number, number][] = [];
    const wordIds: (number | null)[] = [];
    const add = (id: number, token: string, type: number, text: SequenceId, offset: [number, number], word: number | null) => {
      ids.push(id);
      tokens.push(token);
      types.push(type);
      sequenceIds.push(text);
      offsets.push(offset);
      wordIds.push(word);
    };
    for (const slot of this.#around(texts.length, special)) {
      if ("token" in slot) add(slot.id, slot.token, slot.type, null, [0, 0], null);
      else {
        for (const { token, begin, end, word } of texts[slot.text] as readonly Piece[]) {
          add(this.#idOrUnknown(token), token, slot.type, slot.text, [begin, end], word);
        }
      }
    }
    return { ids, tokens, types, sequenceIds, offsets, wordIds, cut };
  }

  #idOrUnknown(token: string): number {
    const id = this.idOf(token) ?? this.unknownId;
    if (id !== undefined) return id;
    throw new TetradError("FORMAT", {
      op: "tokenizer",
      what: "its model makes a token that its vocabulary has not",
      got: JSON.stringify(token),
    });
  }

  #special(texts: number): number {
    return this.#around(texts, true).filter((slot) => "token" in slot && slot.id >= 0).length;
  }

  /** What stands around one or two texts, as the post-processor puts it. */
  #around(texts: number, special: boolean): readonly Slot[] {
    const key = `${texts} ${special}`;
    const known = this.#templates.get(key);
    if (known !== undefined) return known;
    const given = texts === 1 ? [FIRST] : [FIRST, SECOND];
    const { post_processor: post } = this.#pipeline;
    const { tokens, token_type_ids: types = [] } =
      post === null || !special ? { tokens: given } : post([FIRST as string], texts === 1 ? null : [SECOND as string], true);
    const slots = tokens.map((token, i): Slot => {
      const text = token === FIRST ? 0 : token === SECOND ? 1 : undefined;
      const type = types[i] ?? 0;
      return text === undefined ? { token, id: this.#idOrUnknown(token), type } : { text, type };
    });
    const virtual = Array.from({ length: special ? (this.prompt?.tokens ?? 0) : 0 }, (_, i): Slot => ({ token: "", id: -1 - i, type: 0 }));
    const all = [...virtual, ...slots];
    this.#templates.set(key, all);
    return all;
  }
}

/** How many tokens of each text stay when `cut` have to go; negative where there are not so many. Source: truncate_encodings of Hugging Face's tokenizers. */
function cutLengths(lengths: readonly number[], cut: number, truncation: Truncation): readonly number[] {
  const [first, second] = lengths as [number, number | undefined];
  if (second === undefined) return [first - cut];
  const room = first + second - cut;
  // One that would lose all of its tokens, or more, is refused.
  if (truncation === "only_first") return [first > cut ? first - cut : -1, second];
  if (truncation === "only_second") return [first, second > cut ? second - cut : -1];
  const shorter = Math.min(first, second);
  let [less, more] = [shorter, shorter > room ? shorter : Math.max(shorter, room - shorter)];
  if (less + more > room) {
    less = Math.floor(room / 2);
    more = less + (room % 2);
  }
  return first <= second ? [less, more] : [more, less];
}
