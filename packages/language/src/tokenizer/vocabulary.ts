/** A tokenizer.json for folders that have only the vocabulary files of older versions. */

import { type Json, type JsonObject, parseJsonObject } from "@tetrad/engine";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Undefined where there are no such files. @throws TetradError FORMAT for a vocab.json that is damaged */
export function fromVocabulary(files: Readonly<Record<string, Uint8Array>>, config: JsonObject, folder: string): JsonObject | undefined {
  if (files["vocab.txt"] !== undefined) return wordPiece(text(files["vocab.txt"]), config);
  const { "vocab.json": vocab, "merges.txt": merges } = files;
  if (vocab === undefined || merges === undefined) return undefined;
  return byteLevelBpe(parseJsonObject(vocab, `${folder}/vocab.json`) as Readonly<Record<string, number>>, text(merges));
}

/** transformers' BertTokenizer: uncased unless the configuration says otherwise. */
function wordPiece(vocabulary: string, config: JsonObject): JsonObject {
  const tokens = vocabulary.replace(/\r?\n$/, "").split(/\r?\n/);
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].filter((token) => token in vocab);
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

/** transformers' GPT2Tokenizer. */
function byteLevelBpe(vocab: Readonly<Record<string, number>>, merges: string): JsonObject {
  const lines = merges.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#version"));
  const end = "<|endoftext|>";
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: vocab[end] === undefined ? [] : [added(end, vocab[end])],
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: { type: "ByteLevel", add_prefix_space: true, trim_offsets: false, use_regex: true },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: "BPE", dropout: null, unk_token: null, fuse_unk: false, byte_fallback: false, vocab, merges: lines },
  };
}

/** A special token of tokenizer.json */
export function added(content: string, id: number): Json {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
}
