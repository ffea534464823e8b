/** The stage `statistics`: how long texts are, which words and classes they have, and what a tokenizer makes of them, for each part. */
import { type JsonObject, listed } from "@tetrad/engine";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import type { TokenCounts } from "./count-tokens.js";
import { cellOf, type DataRow, PARTS, type Stage, Tally } from "./rows.js";
import { beginning, wordsOf } from "./words.js";

export interface StatisticsOptions {
  readonly text: string;
  readonly label?: string;
  /** Of a model; counts its tokens, special ones among them */
  readonly tokenizer?: Tokenizer;
  /** Its tokens as `countTokens` has counted them of these rows, so that they need not be counted again */
  readonly counts?: TokenCounts;
  /** Left out of the most frequent words; their share is told */
  readonly stopWords?: ReadonlySet<string>;
}

export interface Lengths {
  readonly total: number;
  readonly mean: number;
  readonly least: number;
  /** Nearest rank: the least length that so many percent of the texts do not exceed */
  readonly percentiles: { readonly [percent in `p${(typeof PERCENTS)[number]}`]: number };
  readonly most: number;
  /** Texts with 0, 1, 2–3, 4–7, 8–15, … */
  readonly histogram: readonly number[];
}

export interface PartStatistics {
  readonly rows: number;
  readonly characters: Lengths;
  readonly words: Lengths;
  readonly tokens?: Lengths & { readonly unknownShare: number };
  /** Different words */
  readonly vocabulary: number;
  /** Different words over words */
  readonly typeTokenRatio: number;
  /** Words that the training part has not, over words; not of the training part itself */
  readonly unseenShare?: number;
  readonly stopWordShare?: number;
  readonly frequent: readonly { readonly word: string; readonly count: number }[];
  /** The most frequent first */
  readonly labels?: readonly { readonly label: string; readonly rows: number }[];
  /** Share of letters of each script, where they are not all Latin */
  readonly scripts?: Readonly<Record<string, number>>;
  readonly longest: { readonly at: string; readonly text: string };
  readonly shortest: { readonly at: string; readonly text: string };
}

const PERCENTS = [5, 25, 50, 75, 95, 99] as const;
const FREQUENT = 20;

const SCRIPTS = ["Latin", "Greek", "Cyrillic", "Hebrew", "Arabic", "Devanagari", "Thai", "Hangul", "Hiragana", "Katakana", "Han"] as const;
const SCRIPT = new RegExp(SCRIPTS.map((name) => `(\\p{Script=${name}}+)`).join("|"), "gu");

/** Emits nothing: what it finds are facts of the report, by part (PartStatistics). */
export const statisticsStage: Stage<StatisticsOptions> = {
  name: "statistics",
  version: 2,
  run(rows, options) {
    const [textOf, labelOf] = [cellOf(rows, options.text), options.label === undefined ? undefined : cellOf(rows, options.label)];
    const counters = new Map<string, PartCounter>();
    let count = 0;
    for (const row of rows) {
      const counter = counters.get(row.part) ?? new PartCounter(options);
      counters.set(row.part, counter);
      counter.add(row, textOf(row), labelOf?.(row), count);
      count++;
    }
    const train = counters.get("train");
    const parts = PARTS.flatMap((part) => {
      const counter = counters.get(part);
      return counter === undefined ? [] : [[part, counter.statistics(counter === train ? undefined : train)] as const];
    });
    const facts = Object.fromEntries(parts) as unknown as JsonObject;
    return { rowsIn: count, rowsOut: count, dropped: {}, changed: {}, notes: [...labelNotes(counters), ...wordNotes(counters)], facts };
  },
};

function labelNotes(counters: ReadonlyMap<string, PartCounter>): string[] {
  const known = counters.get("train")?.labels;
  if (known === undefined) return [];
  return PARTS.flatMap((part) => {
    const absent = [...(counters.get(part)?.labels.keys() ?? [])].filter((name) => known.get(name) === 0);
    return absent.length === 0 ? [] : [`classes of the ${part} part that the train part has not: ${absent.length} (${listed(absent, 5)})`];
  });
}

function wordNotes(counters: ReadonlyMap<string, PartCounter>): string[] {
  return PARTS.flatMap((part) => {
    const { others = 0 } = counters.get(part)?.words ?? {};
    if (others === 0) return [];
    return [`words of the ${part} part that came after ${MOST_WORDS} different ones and are not told apart: ${others}`];
  });
}

/** Different words of a part that are counted: some 100 bytes each, and a Map holds no more than 16 million. */
const MOST_WORDS = 1 << 22;

class PartCounter {
  readonly labels = new Tally();
  readonly words = new Tally(MOST_WORDS);
  readonly #characters = new LengthCounter();
  readonly #wordCounts = new LengthCounter();
  readonly #tokens = new LengthCounter();
  readonly #scripts = new Tally();
  #unknown = 0;
  #stop = 0;
  #longest: { at: string; text: string; length: number } | undefined;
  #shortest: { at: string; text: string; length: number } | undefined;

  constructor(private readonly options: StatisticsOptions) {}

  /** @param number of the row */
  add({ at }: DataRow, text: string, label: string | undefined, number: number): void {
    const { tokenizer, counts, stopWords } = this.options;
    let length = 0;
    for (const _ of text) length++;
    this.#characters.add(length);
    if (this.#longest === undefined || length > this.#longest.length) this.#longest = { at, text: beginning(text), length };
    if (this.#shortest === undefined || length < this.#shortest.length) this.#shortest = { at, text: beginning(text), length };
    const words = wordsOf(text);
    this.#wordCounts.add(words.length);
    for (const word of words) {
      this.words.add(word);
      if (stopWords?.has(word) === true) this.#stop++;
    }
    if (label !== undefined) this.labels.add(label);
    for (const match of text.matchAll(SCRIPT))
      this.#scripts.add(SCRIPTS[match.findIndex((group, i) => i > 0 && group !== undefined) - 1] as string, match[0].length);
    if (counts !== undefined) {
      this.#tokens.add(counts.tokens.at(number));
      this.#unknown += counts.unknown.at(number);
      return;
    }
    if (tokenizer === undefined) return;
    const { ids } = tokenizer.encode(text);
    this.#tokens.add(ids.length);
    for (const id of ids) if (id === tokenizer.unknownId) this.#unknown++;
  }

  statistics(train: PartCounter | undefined): PartStatistics {
    const { tokenizer, stopWords, label } = this.options;
    const counted = [...this.words].sort(byCount);
    const words = this.#wordCounts.lengths();
    const tokens = this.#tokens.lengths();
    const unseen = train && counted.reduce((sum, [word, count]) => sum + (train.words.get(word) === 0 ? count : 0), 0);
    const letters = [...this.#scripts].sort(byCount);
    const all = letters.reduce((sum, [, count]) => sum + count, 0);
    const place = (found: { at: string; text: string } | undefined) => ({ at: found?.at ?? "", text: found?.text ?? "" });
    return {
      rows: this.#characters.count,
      characters: this.#characters.lengths(),
      words,
      ...(tokenizer !== undefined && { tokens: { ...tokens, unknownShare: ratio(this.#unknown, tokens.total) } }),
      vocabulary: counted.length,
      typeTokenRatio: ratio(counted.length, words.total),
      ...(unseen !== undefined && { unseenShare: ratio(unseen, words.total) }),
      ...(stopWords !== undefined && { stopWordShare: ratio(this.#stop, words.total) }),
      frequent: counted
        .filter(([word]) => stopWords?.has(word) !== true)
        .slice(0, FREQUENT)
        .map(([word, count]) => ({ word: beginning(word, 40), count })),
      ...(label !== undefined && { labels: [...this.labels].sort(byCount).map(([name, rows]) => ({ label: name, rows })) }),
      ...(letters.some(([name]) => name !== "Latin") && {
        scripts: Object.fromEntries(letters.map(([name, count]) => [name, ratio(count, all)])),
      }),
      longest: place(this.#longest),
      shortest: place(this.#shortest),
    };
  }
}

/** The most frequent first, equals by name. */
function byCount([a, m]: readonly [string, number], [b, n]: readonly [string, number]): number {
  return n - m || (a < b ? -1 : 1);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** How often each length occurs: exact percentiles of any number of texts from as many numbers as there are lengths. */
class LengthCounter {
  readonly #counts = new Map<number, number>();
  count = 0;

  add(length: number): void {
    this.#counts.set(length, (this.#counts.get(length) ?? 0) + 1);
    this.count++;
  }

  lengths(): Lengths {
    const ascending = [...this.#counts].sort(([a], [b]) => a - b);
    const total = ascending.reduce((sum, [length, count]) => sum + length * count, 0);
    const percentile = (percent: number) => {
      let left = Math.ceil((percent / 100) * this.count);
      for (const [length, count] of ascending) {
        left -= count;
        if (left <= 0) return length;
      }
      return 0;
    };
    const histogram: number[] = [];
    for (const [length, count] of ascending) {
      const bin = length === 0 ? 0 : 32 - Math.clz32(length);
      while (histogram.length <= bin) histogram.push(0);
      (histogram[bin] as number) += count;
    }
    return {
      total,
      mean: ratio(total, this.count),
      least: ascending[0]?.[0] ?? 0,
      percentiles: Object.fromEntries(PERCENTS.map((percent) => [`p${percent}`, percentile(percent)])) as Lengths["percentiles"],
      most: ascending.at(-1)?.[0] ?? 0,
      histogram,
    };
  }
}
