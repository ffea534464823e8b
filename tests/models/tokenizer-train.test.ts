// Tokenizers learned from texts: the same vocabularies and merges as Hugging Face's trainers make of them, and the same numbers of awkward texts there and here.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Tokenizer, trainBpe, trainWordPiece } from "@tetrad/language";
import { expect, onTestFinished, test } from "vitest";
import { python } from "../support/python.js";
import { root } from "../support/root.js";

const AWKWARD = [
  "naïve café — ΛCDM in 10^-3 Mpc, don't\tstop  here \n",
  "日本語のテキスト and 한국어, 🙂🙂🙂!!!!!! aaaaaaaaaa abababababab",
  "<|endoftext|> [MASK] is text here\u0085\u00a0 １２３ ²³",
  "",
];
/** What the repository says of itself, whole files and not lines, for long runs of white space. */
const corpus = () => [
  ...["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/ops.md"].map((path) => readFileSync(join(root, path), "utf8")),
  ...AWKWARD,
];

test("the vocabularies and merges of Hugging Face's trainers", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tetrad-tokenizer-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [bpe, wordPiece] = [trainBpe(corpus(), { vocabSize: 2500 }), trainWordPiece(corpus(), { vocabSize: 2500 })];
  await bpe.save(join(folder, "bpe"));
  await wordPiece.save(join(folder, "wordpiece"));
  const texts = [...AWKWARD, ...corpus().slice(0, 2)];
  const there = JSON.parse(python(["tokenizers"])(PYTHON, folder, JSON.stringify(corpus()), JSON.stringify(texts))) as Record<
    "bpe" | "wordpiece",
    {
      readonly vocab: object;
      readonly merges: readonly string[];
      readonly ids: readonly (readonly number[])[];
      readonly decoded: readonly string[];
    }
  >;
  for (const [name, trained] of Object.entries({ bpe, wordpiece: wordPiece })) {
    const { vocab, merges, ids, decoded } = there[name as keyof typeof there];
    const own = await Tokenizer.load(join(folder, name));
    const { model } = JSON.parse(readFileSync(join(folder, name, "tokenizer.json"), "utf8"));
    expect(model.vocab, name).toEqual(vocab);
    expect(model.merges ?? [], name).toEqual(merges);
    expect(trained.size).toBe(2500);
    expect(texts.map((text) => own.encode(text).ids)).toEqual(ids);
    expect(ids.map((list) => own.decode(list, { specialTokens: true }))).toEqual(decoded);
  }
});

// The continuing characters of WordPiece get their numbers there in another order each time: given as special tokens they have ours.
const PYTHON = `
import json, sys
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
folder, corpus, texts = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
bpe = Tokenizer(models.BPE())
bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
alphabet = pre_tokenizers.ByteLevel.alphabet()
bpe.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=2500, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet, show_progress=False))
own = json.load(open(folder + "/wordpiece/tokenizer.json"))["model"]["vocab"]
single = [token for token in sorted(own, key=own.get) if len(token) == 1 or token.startswith("[") or (token.startswith("##") and len(token) == 3)]
wordpiece = Tokenizer(models.WordPiece(unk_token="[UNK]"))
wordpiece.normalizer, wordpiece.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
wordpiece.train_from_iterator(corpus, trainers.WordPieceTrainer(vocab_size=2500, special_tokens=single, show_progress=False))
results = {}
for name, trained in {"bpe": bpe, "wordpiece": wordpiece}.items():
    model = json.loads(trained.to_str())["model"]
    tokenizer = Tokenizer.from_file(folder + "/" + name + "/tokenizer.json")
    ids = [tokenizer.encode(text).ids for text in texts]
    decoded = [tokenizer.decode(i, skip_special_tokens=False) for i in ids]
    merges = [" ".join(pair) for pair in model.get("merges", [])]
    results[name] = {"vocab": model["vocab"], "merges": merges, "ids": ids, "decoded": decoded}
print(json.dumps(results))
`;

test("bytes that the texts do not have are known all the same, and words go back to what they were", () => {
  const tokenizer = trainBpe(["a small text, and no more than a small text"], { vocabSize: 300 });
  expect(tokenizer.size).toBeLessThan(300);
  for (const text of ["a small text", " two  spaces\n", "日本 🙂"]) expect(tokenizer.decode(tokenizer.encode(text).ids)).toBe(text);
  expect(tokenizer.encode("a small text").tokens).toEqual(["a", "Ġsmall", "Ġtext"]);
});

test("a vocabulary without room, and texts without words", () => {
  expect(() => trainBpe(["some text"], { vocabSize: 257 })).toThrow(/no room.*got 257 tokens, expected more than 257/);
  expect(() => trainWordPiece(["ab"], { vocabSize: 8 })).toThrow(/expected more than 8/);
  expect(() => trainWordPiece(["", "  "], { vocabSize: 100 })).toThrow(/the texts have no words/);
});
