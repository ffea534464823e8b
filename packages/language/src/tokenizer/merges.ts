/**
 * Byte-pair encoding learned from words (Sennrich et al. 2016, arXiv:1508.07909): again and again the pair of neighbouring tokens that is most frequent becomes one
 * token. Of equally frequent pairs the one with the smaller number of its left token is taken, then of its right token. Counts are kept up to date word by word,
 * and the pairs to look at next lie in a heap, as in Hugging Face's BpeTrainer, whose merges these are.
 */

/** Numbers stay below this, so that two of them make one key that sorts as the pair does. */
const BASE = 2 ** 24;

interface Candidate {
  readonly key: number;
  count: number;
  /** Words that the pair has come into */
  readonly words: readonly number[];
}

export interface MergeTask {
  /** Different words, each as the numbers of its characters; they are merged in place. */
  readonly words: readonly number[][];
  /** How often each word occurs */
  readonly counts: readonly number[];
  /** Tokens by number, those of single characters at first; new ones are appended. */
  readonly tokens: string[];
  /** Most tokens there may be */
  readonly vocabSize: number;
  /** The text of two tokens in one */
  join(left: string, right: string): string;
  readonly onToken?: ((tokens: number) => void) | undefined;
}

/** @returns pairs of numbers, in the order in which they are to be merged */
export function learnMerges({ words, counts, tokens, vocabSize, join, onToken }: MergeTask): readonly (readonly [number, number])[] {
  const numbers = new Map(tokens.map((token, id) => [token, id]));
  const pairCounts = new Map<number, number>();
  let touched = new Map<number, number[]>();
  const change = (word: number, left: number, right: number, by: number) => {
    const key = left * BASE + right;
    pairCounts.set(key, (pairCounts.get(key) ?? 0) + by * (counts[word] as number));
    if (by < 0) return;
    const list = touched.get(key);
    if (list === undefined) touched.set(key, [word]);
    else if (list.at(-1) !== word) list.push(word);
  };
  const heap = new Heap();
  const queueTouched = () => {
    for (const [key, list] of touched) {
      const count = pairCounts.get(key) as number;
      if (count > 0) heap.push({ key, count, words: list });
    }
    touched = new Map();
  };
  words.forEach((word, number) => {
    for (let i = 1; i < word.length; i++) change(number, word[i - 1] as number, word[i] as number, 1);
  });
  queueTouched();
  const merges = new Map<number, readonly [number, number]>();
  for (let top = heap.pop(); top !== undefined && tokens.length < vocabSize; top = heap.pop()) {
    const count = pairCounts.get(top.key) as number;
    if (count !== top.count) {
      if (count > 0) heap.push({ ...top, count });
      continue;
    }
    const [left, right] = [Math.floor(top.key / BASE), top.key % BASE];
    const text = join(tokens[left] as string, tokens[right] as string);
    let made = numbers.get(text);
    if (made === undefined) {
      made = tokens.push(text) - 1;
      numbers.set(text, made);
      onToken?.(tokens.length);
    }
    // A pair that comes a second time, where a token is made in two ways, has the later place.
    merges.delete(top.key);
    merges.set(top.key, [left, right]);
    for (const word of top.words) mergeIn(words[word] as number[], left, right, made, (a, b, by) => change(word, a, b, by));
    queueTouched();
  }
  return [...merges.values()];
}

/** Puts `made` where the pair stands in a word; `change` is told of pairs that go and come beside it. */
function mergeIn(word: number[], left: number, right: number, made: number, change: (a: number, b: number, by: 1 | -1) => void): void {
  for (let i = 0; i + 1 < word.length; i++) {
    if (word[i] !== left || word[i + 1] !== right) continue;
    if (i > 0) {
      change(word[i - 1] as number, left, -1);
      change(word[i - 1] as number, made, 1);
    }
    word.splice(i, 2, made);
    if (i + 1 < word.length) {
      change(right, word[i + 1] as number, -1);
      change(made, word[i + 1] as number, 1);
    }
  }
}

/** The most frequent pair on top */
class Heap {
  readonly #list: Candidate[] = [];

  push(candidate: Candidate): void {
    const list = this.#list;
    let at = list.push(candidate) - 1;
    for (;;) {
      const parent = (at - 1) >> 1;
      if (at === 0 || !isBefore(candidate, list[parent] as Candidate)) break;
      list[at] = list[parent] as Candidate;
      at = parent;
    }
    list[at] = candidate;
  }

  pop(): Candidate | undefined {
    const list = this.#list;
    const top = list[0];
    const last = list.pop();
    if (last === undefined || list.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < list.length && isBefore(list[child + 1] as Candidate, list[child] as Candidate)) child += 1;
      if (child >= list.length || !isBefore(list[child] as Candidate, last)) break;
      list[at] = list[child] as Candidate;
      at = child;
    }
    list[at] = last;
    return top;
  }
}

const isBefore = (a: Candidate, b: Candidate) => a.count > b.count || (a.count === b.count && a.key < b.key);
