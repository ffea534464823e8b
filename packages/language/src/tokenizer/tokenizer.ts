/** Text to token numbers and back, by a folder's own tokenizer; @huggingface/tokenizers does the work. */

import { Tokenizer as Library } from "@huggingface/tokenizers";
import { type JsonObject, readBytes, TetradError } from "@tetrad/engine";
import { optional, parseJson } from "../weights/read.js";
import { fromVocabulary } from "./vocabulary.js";

export interface Encoding {
  readonly ids: readonly number[];
  /** Tokens that did not fit and were left out. */
  readonly cut: number;
}

export interface EncodeOptions {
  /** Most tokens, special ones among them; what is longer is cut at the end. */
  readonly maxTokens?: number;
  /** Adds what the model expects around a text, [CLS] and [SEP] say; true unless told. */
  readonly specialTokens?: boolean;
}

/** Files of a folder that belong to its tokenizer and go wherever a model made of it goes. */
const FILES = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "vocab.txt",
  "vocab.json",
  "merges.txt",
  "added_tokens.json",
];

/** CJK ideographs beyond 16 bits, which BERT puts spaces around as it does around the others, and the library does not. */
const WIDE_IDEOGRAPHS = /[\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b820}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;

/** What is used of the library, whose declarations Node's module rules cannot follow. */
interface Pipeline {
  encode(text: string, options: { readonly add_special_tokens: boolean }): { readonly ids: number[] };
  decode(ids: number[], options: { readonly skip_special_tokens: boolean; readonly clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
  get_vocab(withAdded: boolean): Map<string, number>;
}

export class Tokenizer {
  readonly #pipeline: Pipeline;
  readonly #spaced: boolean;

  /** @param json tokenizer.json; @param config tokenizer_config.json */
  constructor(
    json: JsonObject,
    config: JsonObject = {},
    /** What `files` are copied when a model is saved. */
    readonly files: Readonly<Record<string, Uint8Array>> = {},
    source = "tokenizer.json",
  ) {
    try {
      this.#pipeline = new Library(json, config) as Pipeline;
    } catch (error) {
      throw new TetradError("FORMAT", { op: source, what: "the tokenizer cannot be built", got: (error as Error).message });
    }
    const normalizer = json["normalizer"] as { readonly type?: string; readonly handle_chinese_chars?: boolean } | null | undefined;
    this.#spaced = normalizer?.type === "BertNormalizer" && normalizer.handle_chinese_chars !== false;
  }

  /**
   * Of a model's folder: tokenizer.json, or vocab.txt (WordPiece), or vocab.json and merges.txt (byte-level BPE).
   * @throws TetradError IO for a folder that has none of them, FORMAT for a damaged one
   */
  static async load(folder: string): Promise<Tokenizer> {
    const files: Record<string, Uint8Array> = {};
    for (const name of FILES) {
      const bytes = await optional(`${folder}/${name}`);
      if (bytes !== undefined) files[name] = bytes;
    }
    const json = (name: string) => (files[name] === undefined ? undefined : parseJson(files[name], `${folder}/${name}`));
    const config = json("tokenizer_config.json") ?? {};
    const own = json("tokenizer.json") ?? fromVocabulary(files, config);
    // Says which path it is that cannot be read.
    if (own === undefined) await readBytes(`${folder}/tokenizer.json`);
    return new Tokenizer(own as JsonObject, config, files, `${folder}/tokenizer.json`);
  }

  /** One more than the largest token number. */
  get size(): number {
    let size = 0;
    for (const id of this.#pipeline.get_vocab(true).values()) size = Math.max(size, id + 1);
    return size;
  }

  idOf(token: string): number | undefined {
    return this.#pipeline.token_to_id(token);
  }

  tokenOf(id: number): string | undefined {
    return this.#pipeline.id_to_token(id);
  }

  encode(text: string, { maxTokens = Number.POSITIVE_INFINITY, specialTokens = true }: EncodeOptions = {}): Encoding {
    const spaced = this.#spaced ? text.replace(WIDE_IDEOGRAPHS, " $& ") : text;
    const { ids } = this.#pipeline.encode(spaced, { add_special_tokens: specialTokens });
    const cut = Math.max(0, ids.length - maxTokens);
    if (cut === 0) return { ids, cut };
    if (!specialTokens) return { ids: ids.slice(0, maxTokens), cut };
    // The special tokens stand around the text's own, which alone are cut.
    const own = this.#pipeline.encode(spaced, { add_special_tokens: false }).ids;
    const before = ids.findIndex((_, at) => own.every((id, i) => ids[at + i] === id));
    const room = maxTokens - (ids.length - own.length);
    if (before < 0 || room < 0) {
      throw new TetradError("ARGUMENT", {
        op: "tokenize",
        what: "the limit leaves no room for a text",
        got: `${maxTokens} tokens`,
        expected: `more than the ${ids.length - own.length} special ones`,
      });
    }
    return { ids: [...ids.slice(0, before), ...own.slice(0, room), ...ids.slice(before + own.length)], cut };
  }

  decode(ids: readonly number[], { specialTokens = false }: { readonly specialTokens?: boolean } = {}): string {
    return ids.length === 0
      ? ""
      : this.#pipeline.decode([...ids], { skip_special_tokens: !specialTokens, clean_up_tokenization_spaces: false });
  }
}
