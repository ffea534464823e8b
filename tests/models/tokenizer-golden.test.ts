// Tokenizers against Hugging Face's own on awkward text: numbers, tokens, offsets, words, pairs, windows, words given, and text again.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Tokenizer } from "@tetrad/language";
import { describe, expect, test } from "vitest";
import { describeShared, sharedPath } from "../support/shared.js";

interface GoldenText {
  readonly text: string;
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
  readonly offsets_utf16: readonly (readonly [number, number])[];
  readonly special_tokens_mask: readonly number[];
  readonly word_ids: readonly (number | null)[];
  readonly ids_without_special: readonly number[];
  readonly decoded: string;
  readonly decoded_skip_special: string;
}
interface GoldenPair extends GoldenText {
  readonly first: string;
  readonly second: string;
  readonly truncation: "longest_first" | "only_first" | "only_second";
  readonly max_length: number;
  readonly attention_mask: readonly number[];
  readonly type_ids: readonly number[];
  readonly sequence_ids: readonly (0 | 1 | null)[];
  readonly error?: string;
}
interface Golden {
  readonly texts: readonly GoldenText[];
  readonly pairs: readonly GoldenPair[];
  readonly words: readonly (GoldenText & { readonly words: readonly string[]; readonly offsets: readonly (readonly [number, number])[] })[];
  readonly chats?: readonly {
    readonly messages: readonly { readonly role: string; readonly content: string }[];
    readonly add_generation_prompt: boolean;
    readonly text: string;
    readonly ids: readonly number[];
  }[];
  readonly windows?: {
    readonly first: string;
    readonly second: string;
    readonly max_length: number;
    readonly stride: number;
    readonly ids: readonly (readonly number[])[];
    readonly offsets: readonly (readonly (readonly [number, number])[])[];
    readonly attention_mask: readonly (readonly number[])[];
  };
}

const tokenizers: Readonly<Record<string, string>> = { "minilm-wordpiece": "all-MiniLM-L6-v2", "smollm2-bpe": "SmolLM2-135M-Instruct" };

describe.each(Object.entries(tokenizers))("%s", (golden, model) => {
  describeShared("texts", `golden/tokenizers/${golden}.json`, (path) => {
    const { texts, pairs, words, windows, chats = [] } = JSON.parse(readFileSync(path, "utf8")) as Golden;
    const tokenizer = Tokenizer.load(sharedPath(`models/${model}`));

    test.each(texts.map((one) => [one.text, one] as const))("%j", async (text, want) => {
      const { ids, tokens, offsets, wordIds, sequenceIds } = (await tokenizer).encode(text);
      expect(tokens).toEqual(want.tokens);
      expect(ids).toEqual(want.ids);
      expect(offsets).toEqual(want.offsets_utf16);
      expect(wordIds).toEqual(want.word_ids);
      expect(sequenceIds.map((id) => (id === null ? 1 : 0))).toEqual(want.special_tokens_mask);
      expect((await tokenizer).encode(text, { specialTokens: false }).ids).toEqual(want.ids_without_special);
      expect((await tokenizer).decode(want.ids, { specialTokens: true })).toBe(want.decoded);
      expect((await tokenizer).decode(want.ids)).toBe(want.decoded_skip_special);
    });

    test.each(pairs.map((pair, i) => [i, pair.truncation, pair] as const))("pair %i, %s", async (_, truncation, want) => {
      const encode = async () => (await tokenizer).encodePair(want.first, want.second, { maxTokens: want.max_length, truncation });
      if (want.error !== undefined) return expect(encode()).rejects.toMatchObject({ code: "ARGUMENT" });
      const { ids, types, sequenceIds, offsets, wordIds } = await encode();
      const real = <T>(list: readonly T[]) => list.filter((_x, i) => want.attention_mask[i] === 1);
      expect(ids).toEqual(real(want.ids));
      expect(types).toEqual(real(want.type_ids));
      expect(sequenceIds).toEqual(real(want.sequence_ids));
      expect(offsets).toEqual(real(want.offsets_utf16));
      expect(wordIds).toEqual(real(want.word_ids));
    });

    test.each(words.map((one) => [one.words.join(" "), one] as const))("words: %s", async (_, want) => {
      const { ids, wordIds, offsets } = (await tokenizer).encodeWords(want.words);
      expect(ids).toEqual(want.ids);
      expect(wordIds).toEqual(want.word_ids);
      // These are in code points, as Python counts.
      const points = (word: number | null | undefined, at: number) => [...(want.words[word ?? 0] ?? "").slice(0, at)].length;
      expect(offsets.map(([begin, end], i) => [points(wordIds[i], begin), points(wordIds[i], end)])).toEqual(want.offsets);
    });

    for (const [i, { messages, add_generation_prompt: addGenerationPrompt, text, ids }] of chats.entries()) {
      test(`chat ${i}`, async () => {
        expect((await tokenizer).chat(messages, { addGenerationPrompt })).toBe(text);
        expect((await tokenizer).encode(text).ids).toEqual(ids);
      });
    }

    // Only of the tokenizer of a model that answers questions
    if (windows === undefined) return;
    test("windows of a long text", async () => {
      const { first, second, max_length: maxTokens, stride, ids, offsets, attention_mask: mask } = windows;
      const got = (await tokenizer).encodeWindows(first, second, { maxTokens, stride });
      expect(got.map((window) => window.ids)).toEqual(ids.map((list, w) => list.filter((_x, i) => mask[w]?.[i] === 1)));
      expect(got.map((window) => window.offsets)).toEqual(offsets.map((list, w) => list.filter((_x, i) => mask[w]?.[i] === 1)));
    });
  });
});

test("a model without a chat template says so", async () => {
  const tokenizer = await Tokenizer.load(sharedPath("models/all-MiniLM-L6-v2"));
  expect(() => tokenizer.chat([{ role: "user", content: "hello" }])).toThrow(/no chat template/);
});

test("a vocabulary alone makes the same tokenizer", async () => {
  const folder = sharedPath("models/all-MiniLM-L6-v2");
  const vocabulary = readFileSync(`${folder}/vocab.txt`);
  const { fromVocabulary } = await import("../../packages/language/src/tokenizer/vocabulary.js");
  const json = fromVocabulary({ "vocab.txt": vocabulary }, {}, folder);
  const [own, whole] = [new Tokenizer(json as NonNullable<typeof json>), await Tokenizer.load(folder)];
  for (const text of ["Dark energy accelerates the expansion.", "naïve café — E=mc², ΛCDM", "[MASK] don't"]) {
    expect(own.encode(text)).toEqual(whole.encode(text));
  }
});

test("a damaged vocabulary is named", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tetrad-vocabulary-"));
  try {
    writeFileSync(join(folder, "vocab.json"), '{"a": 0');
    writeFileSync(join(folder, "merges.txt"), "#version: 0.2\n");
    await expect(Tokenizer.load(folder)).rejects.toThrow(/vocab\.json: this is not valid JSON/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
