/**
 * The tokenizer of llama2.c (`build_tokenizer` and `encode` of its run.c) as a tokenizer.json: a space before the text, characters, bytes where there is no such
 * character, and again and again the merge of two neighbours whose token has the highest score.
 */

import { type Json, type JsonObject, TetradError } from "@tetrad/engine";
import { Tokenizer } from "./tokenizer.js";
import { added } from "./vocabulary.js";

/** The first three tokens, which the file spells with line breaks around them */
const SPECIAL = ["<unk>", "<s>", "</s>"];

interface Scored {
  readonly token: string;
  readonly score: number;
}

/**
 * @param count of tokens, which only the model's file says
 * @throws TetradError FORMAT for a damaged file
 */
export function llama2cTokenizer(bytes: Uint8Array, count: number, source: string): Tokenizer {
  const list = readScored(bytes, count, source);
  const json = jsonOf(list.map((one, id) => ({ ...one, token: SPECIAL[id] ?? one.token })));
  const config = {
    tokenizer_class: "PreTrainedTokenizerFast",
    bos_token: "<s>",
    eos_token: "<s>",
    unk_token: "<unk>",
    clean_up_tokenization_spaces: false,
  };
  return Tokenizer.made(json, config, source);
}

/** A number that is not needed (bytes of the longest token), then for each token its score, its length and its bytes. */
function readScored(bytes: Uint8Array, count: number, source: string): Scored[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = new TextDecoder("utf-8", { fatal: true });
  const list: Scored[] = [];
  let at = 4;
  try {
    for (let id = 0; id < count; id++) {
      const [score, length] = [view.getFloat32(at, true), view.getInt32(at + 4, true)];
      at += 8;
      if (length < 0 || at + length > bytes.length) throw new RangeError(`a token of ${length} bytes`);
      list.push({ token: text.decode(bytes.subarray(at, at + length)), score });
      at += length;
    }
  } catch (error) {
    throw new TetradError("FORMAT", {
      op: source,
      what: `token ${list.length} of ${count} cannot be read`,
      got: (error as Error).message,
      hint: "the file was cut short, or is the tokenizer of another model",
    });
  }
  return list;
}

function jsonOf(list: readonly Scored[]): JsonObject {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map(added),
    normalizer: { type: "Prepend", prepend: " " },
    pre_tokenizer: null,
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [
        { SpecialToken: { id: "<s>", type_id: 0 } },
        { Sequence: { id: "A", type_id: 0 } },
        { SpecialToken: { id: "<s>", type_id: 1 } },
        { Sequence: { id: "B", type_id: 1 } },
      ],
      special_tokens: { "<s>": { id: "<s>", ids: [1], tokens: ["<s>"] } },
    },
    decoder: {
      type: "Sequence",
      decoders: [{ type: "ByteFallback" }, { type: "Fuse" }, { type: "Strip", content: " ", start: 1, stop: 0 }],
    },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: "<unk>",
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(list.map(({ token }, id) => [token, id])),
      merges: mergesOf(list),
    },
  };
}

/** Every way to make a token of two others, the highest score first; of one token's ways that of the shortest left part. */
function mergesOf(list: readonly Scored[]): Json {
  const known = new Set(list.map(({ token }) => token));
  const made = list.slice(SPECIAL.length).filter(({ token }) => !/^<0x[0-9A-F]{2}>$/.test(token));
  const ways = made.flatMap(({ token, score }) => {
    const characters = [...token];
    const splits = characters.slice(1).map((_, i) => [characters.slice(0, i + 1).join(""), characters.slice(i + 1).join("")] as const);
    return splits.filter((pair) => pair.every((part) => known.has(part))).map((pair) => ({ pair, score }));
  });
  return ways.sort((a, b) => b.score - a.score).map(({ pair }) => pair);
}
