// Measures of generated text and of answers: ROUGE against rouge-score, BLEU and chrF against sacrebleu, answers by SQuAD's rules.
import {
  answerScores,
  type BleuOptions,
  bleu,
  type ChrfOptions,
  chrf,
  type Rouge,
  rouge,
  sentenceBleu,
  sentenceChrf,
} from "@tetrad/language";
import { describe, expect, test } from "vitest";
import { porterStem } from "../../packages/language/src/metrics/porter.js";
import translations from "../goldens/metrics/bleu-chrf.json" with { type: "json" };
import summaries from "../goldens/metrics/rouge.json" with { type: "json" };

/** Logarithms and sums in another order than Python's */
const near = (value: number) => expect.closeTo(value, 11);

const NAMES = ["rouge1", "rouge2", "rougeL", "rougeLsum"] as const satisfies readonly (keyof Rouge)[];

test.each(summaries)("ROUGE: $candidate", ({ candidate, reference, ...wanted }) => {
  for (const [stem, scores] of [
    [false, wanted.plain],
    [true, wanted.stemmed],
  ] as const) {
    const got = rouge(reference, candidate, { stem });
    for (const name of NAMES) {
      const { precision, recall, fmeasure } = scores[name];
      expect(got[name], name).toEqual({ precision: near(precision), recall: near(recall), f1: near(fmeasure) });
    }
  }
});

test("stems are NLTK's", () => {
  // " ".join(f"{word}:{PorterStemmer().stem(word)}" for word in words)
  const stems = `caresses:caress ponies:poni ties:tie dies:die flies:fli agreed:agre feed:feed plastered:plaster sing:sing conflated:conflat
    troubling:troubl sized:size hopping:hop falling:fall failing:fail filing:file enjoy:enjoy happy:happi fly:fli relational:relat
    conditional:condit radically:radic differently:differ vietnamization:vietnam predication:predic operator:oper hopefulness:hope
    formality:formal sensibility:sensibl geology:geolog archaeology:archaeolog hopefully:hope triplicate:triplic formalize:formal
    electrical:electr goodness:good revival:reviv inference:infer adjustable:adjust replacement:replac adoption:adopt
    homologous:homolog activate:activ cease:ceas controlling:control rate:rate syzygy:syzygi innings:inning skies:sky lying:lie
    proceed:proceed news:news`;
  const pairs = stems.split(/\s+/).map((pair) => pair.split(":"));
  expect(pairs.map(([word]) => porterStem(word as string))).toEqual(pairs.map(([, stem]) => stem));
});

const BLEU: Readonly<Record<string, BleuOptions>> = {
  bleu_default: {},
  bleu_lowercase: { lowercase: true },
  bleu_intl: { tokenizer: "intl" },
  bleu_char: { tokenizer: "char" },
  bleu_none: { tokenizer: "none" },
  bleu_smooth_floor: { smoothing: "floor" },
  bleu_smooth_add_k: { smoothing: "add-k" },
  bleu_smooth_none: { smoothing: "none" },
};
const CHRF: Readonly<Record<string, ChrfOptions>> = {
  chrf: {},
  chrf_plus_plus: { wordOrder: 2 },
  chrf_lowercase: { lowercase: true },
  chrf_whitespace: { whitespace: true },
};

interface Wanted {
  readonly score: number;
  readonly counts: readonly number[];
  readonly totals: readonly number[];
  readonly precisions: readonly number[];
  readonly bp: number;
  readonly sys_len: number;
  readonly ref_len: number;
}

const { candidates, references } = translations;
const two = candidates.map((_, i) => references.map((set) => set[i] as string));
const one = two.map((set) => set.slice(0, 1));
const corpus = translations.corpus as unknown as Readonly<Record<string, Wanted>>;
const sentence = translations.sentence as unknown as Readonly<Record<string, readonly (Wanted | number)[]>>;

const bleuOf = (want: Wanted) => ({
  score: near(want.score),
  counts: want.counts,
  totals: want.totals,
  precisions: want.precisions.map(near),
  brevityPenalty: near(want.bp),
  candidateLength: want.sys_len,
  referenceLength: want.ref_len,
});

describe("BLEU", () => {
  test.each(Object.entries(BLEU))("%s", (name, options) => {
    expect(bleu(one, candidates, options)).toEqual(bleuOf(corpus[`${name}_one_reference`] as Wanted));
    expect(bleu(two, candidates, options)).toEqual(bleuOf(corpus[`${name}_two_references`] as Wanted));
    expect(candidates.map((text, i) => sentenceBleu(one[i] as string[], text, options))).toEqual(
      (sentence[name] as readonly Wanted[]).map(bleuOf),
    );
  });

  test("every value of the file was compared", () => {
    const names = [...Object.keys(BLEU), ...Object.keys(CHRF)];
    expect(Object.keys(sentence)).toEqual(names);
    expect(Object.keys(corpus).length).toBe(2 * names.length);
  });
});

test.each(Object.entries(CHRF))("chrF: %s", (name, options) => {
  expect(chrf(one, candidates, options)).toEqual(near(corpus[`${name}_one_reference`]?.score as number));
  expect(chrf(two, candidates, options)).toEqual(near(corpus[`${name}_two_references`]?.score as number));
  expect(candidates.map((text, i) => sentenceChrf(one[i] as string[], text, options))).toEqual(
    (sentence[name] as readonly number[]).map(near),
  );
});

test("answers: case, marks, articles and white space do not count, and the nearest right answer does", () => {
  expect(answerScores([["The  Andromeda galaxy!"]], ["andromeda Galaxy"])).toEqual({ exactMatch: 100, f1: 100 });
  // 2 of 3 words are right, and 2 of 2 are found: F1 4/5; the other right answer shares nothing.
  expect(answerScores([["M31", "Andromeda galaxy"]], ["galaxy Andromeda itself"])).toEqual({ exactMatch: 0, f1: near(80) });
  // A word counts as often as both have it.
  expect(answerScores([["very very far"]], ["very near"]).f1).toEqual(near(40));
  expect(answerScores([["ána thé"]], ["na th"]).f1).toBe(0);
  expect(answerScores([["1920"], ["1920"]], ["1920", "1921"])).toEqual({ exactMatch: 50, f1: 50 });
});

test("answers: silence is right where nothing is to be answered, and only there", () => {
  expect(answerScores([[], [], ["1920"]], ["", "1920", ""])).toEqual({ exactMatch: near(100 / 3), f1: near(100 / 3) });
  expect(answerScores([["the"]], [""])).toEqual({ exactMatch: 100, f1: 100 });
});

test("what does not fit is said", () => {
  expect(() => bleu([["a"]], [])).toThrow(/differ in number.*1 candidates and 0/);
  expect(() => chrf([], [])).toThrow(/nothing to score/);
  expect(() => bleu([["a"], []], ["a", "b"])).toThrow(/no reference.*candidate 2/);
  expect(() => answerScores([["a"]], [])).toThrow(/1 and 0/);
  expect(() => answerScores([], [])).toThrow(/no question/);
});
