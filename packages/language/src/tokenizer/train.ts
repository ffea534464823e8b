/** Tokenizers learned from texts: GPT-2's byte-level BPE, and BERT's WordPiece. Both are what Hugging Face's trainers make of the same texts. */

import { TetradError } from "@tetrad/engine";
import { learnMerges } from "./merges.js";
import { BYTE_CHARACTERS } from "./token-bytes.js";
import { Tokenizer } from "./tokenizer.js";
import { BERT_SPECIAL, byteLevelBpe, GPT2_END, wordPiece } from "./vocabulary.js";

export interface TokenizerOptions {
  /** Most tokens, special ones and single characters among them */
  readonly vocabSize: number;
  /** Is told how many tokens there are so far. */
  readonly onToken?: (tokens: number) => void;
}

/**
 * A byte-level BPE with GPT-2's words and the token `<|endoftext|>`.
 * @throws TetradError ARGUMENT for a vocabulary that has no room for all bytes, DATA for texts without words
 */
export function trainBpe(texts: Iterable<string>, options: TokenizerOptions): Tokenizer {
  const counts = countWords(texts, new Tokenizer(byteLevelBpe({}, [])));
  const tokens = [GPT2_END, ...byCodePoint(BYTE_CHARACTERS)];
  checkRoom(tokens, options);
  const merges = learnMerges({ ...spelled(counts, tokens, (character) => character), ...options, tokens, join: (a, b) => a + b });
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const json = byteLevelBpe(
    vocab,
    merges.map((pair) => pair.map((id) => tokens[id]).join(" ")),
  );
  const special = { bos_token: GPT2_END, eos_token: GPT2_END, unk_token: GPT2_END };
  return Tokenizer.made(
    json,
    { tokenizer_class: "PreTrainedTokenizerFast", ...special, clean_up_tokenization_spaces: false },
    "tokenizer.json",
  );
}

/**
 * An uncased WordPiece with BERT's words and special tokens. Characters are numbered by code point, first those of any place in a word, then those that
 * continue one; Hugging Face's trainer numbers the latter anew in each run, so that its choice among equally frequent pairs is not always this one.
 * @throws TetradError ARGUMENT for a vocabulary that has no room for all characters, DATA for texts without words
 */
export function trainWordPiece(texts: Iterable<string>, options: TokenizerOptions): Tokenizer {
  const counts = countWords(texts, new Tokenizer(wordPiece(BERT_SPECIAL, {})));
  const characters = new Set<string>();
  const continuing = new Set<string>();
  for (const word of counts.keys()) {
    [...word].forEach((character, i) => {
      characters.add(character);
      if (i > 0) continuing.add(character);
    });
  }
  const tokens = [...BERT_SPECIAL, ...byCodePoint(characters), ...byCodePoint(continuing).map((character) => `##${character}`)];
  checkRoom(tokens, options);
  const spell = (character: string, i: number) => (i === 0 ? character : `##${character}`);
  learnMerges({ ...spelled(counts, tokens, spell), ...options, tokens, join: (a, b) => a + b.slice(2) });
  const names = { pad_token: "[PAD]", unk_token: "[UNK]", cls_token: "[CLS]", sep_token: "[SEP]", mask_token: "[MASK]" };
  return Tokenizer.made(
    wordPiece(tokens, {}),
    { tokenizer_class: "PreTrainedTokenizerFast", do_lower_case: true, ...names },
    "tokenizer.json",
  );
}

const byCodePoint = (characters: Iterable<string>) =>
  [...characters].sort((a, b) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number));

function countWords(texts: Iterable<string>, tokenizer: Tokenizer): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) for (const word of tokenizer.words(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  if (counts.size === 0) throw new TetradError("DATA", { op: "train a tokenizer", what: "the texts have no words" });
  return counts;
}

function checkRoom(tokens: readonly string[], { vocabSize }: TokenizerOptions): void {
  if (vocabSize > tokens.length) return;
  throw new TetradError("ARGUMENT", {
    op: "train a tokenizer",
    what: "the vocabulary has no room for more than single characters",
    got: `${vocabSize} tokens`,
    expected: `more than ${tokens.length}`,
  });
}

/** Words as numbers of their characters' tokens, and how often each occurs. */
function spelled(counts: ReadonlyMap<string, number>, tokens: readonly string[], spell: (character: string, i: number) => string) {
  const numbers = new Map(tokens.map((token, id) => [token, id]));
  const words = [...counts.keys()].map((word) => [...word].map((character, i) => numbers.get(spell(character, i)) as number));
  return { words, counts: [...counts.values()] };
}
