/** A tokenizer.json for folders that have only the vocabulary files of older versions. */

import { type Json, type JsonObject, parseJsonObject } from "@tetrad/engine";

/** BERT's tokens that stand for no text */
export const BERT_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
/** What GPT-2 ends a text with */
export const GPT2_END = "<|endoftext|>";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const linesOf = (list: string) => list.split(/\r?\n/);

/** Undefined where there are no such files. @throws TetradError FORMAT for a vocab.json that is damaged */
export function fromVocabulary(files: Readonly<Record<string, Uint8Array>>, config: JsonObject, folder: string): JsonObject | undefined {
  if (files["vocab.txt"] !== undefined) return wordPiece(linesOf(text(files["vocab.txt"]).replace(/\r?\n$/, "")), config);
  const { "vocab.json": vocab, "merges.txt": merges } = files;
  if (vocab === undefined || merges === undefined) return undefined;
  const pairs = linesOf(text(merges)).filter((line) => line !== "" && !line.startsWith("#version"));
  return byteLevelBpe(parseJsonObject(vocab, `${folder}/vocab.json`) as Readonly<Record<string, number>>, pairs);
}

/**
 * transformers' BertTokenizer: uncased unless the configuration says otherwise.
 * @param tokens in the order of their numbers
 */
export function wordPiece(tokens: readonly string[], config: JsonObject): JsonObject {
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const special = BERT_SPECIAL.filter((token) => token in vocab);
  const piece = (id: string): Json => ({ SpecialToken: { id, type_id: 0 } });
  const sequence = (id: string, type: number): Json => ({ Sequence: { id, type_id: type } });
  const token = (id: string): Json => ({ id, ids: [vocab[id] as number], tokens: [id] });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special.map((content) => added(content, vocab[content] as number)),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: config["tokenize_chinese_chars"] ?? true,
      strip_accents: config["strip_accents"] ?? null,
      lowercase: config["do_lower_case"] ?? true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [piece("[CLS]"), sequence("A", 0), piece("[SEP]")],
      pair: [piece("[CLS]"), sequence("A", 0), piece("[SEP]"), sequence("B", 1), { SpecialToken: { id: "[SEP]", type_id: 1 } }],
      special_tokens: { "[CLS]": token("[CLS]"), "[SEP]": token("[SEP]") },
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: false },
    model: { type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100, vocab },
  };
}

/**
 * transformers' GPT2Tokenizer.
 * @param merges two tokens with a space between, the first to be applied first
 */
export function byteLevelBpe(vocab: Readonly<Record<string, number>>, merges: readonly string[]): JsonObject {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: vocab[GPT2_END] === undefined ? [] : [added(GPT2_END, vocab[GPT2_END])],
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: { type: "ByteLevel", add_prefix_space: true, trim_offsets: false, use_regex: true },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: "BPE", dropout: null, unk_token: null, fuse_unk: false, byte_fallback: false, vocab, merges },
  };
}

/** A special token of tokenizer.json */
export function added(content: string, id: number): Json {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
}
