// TF-IDF against scikit-learn's own values on awkward texts, and words that are to be left out.
import { fitTfidf, type SparseMatrix, stopWords, type TfidfOptions, transformTfidf } from "@tetrad/language";
import { describe, expect, test } from "vitest";
import golden from "../goldens/tfidf/tfidf.json" with { type: "json" };
import { largestError } from "../support/error.js";

/** float64 all the way through; a sum of squares in another order costs a few units in the last place. */
const TOLERANCE = 1e-14;

interface Options {
  readonly ngram_range?: readonly number[];
  readonly min_df?: number;
  readonly max_features?: number;
  readonly stop_words?: readonly string[];
}

function ours({ ngram_range, min_df, max_features, stop_words }: Options): TfidfOptions {
  return {
    ...(ngram_range !== undefined && { ngramRange: ngram_range as [number, number] }),
    ...(min_df !== undefined && { minDf: min_df }),
    ...(max_features !== undefined && { maxFeatures: max_features }),
    ...(stop_words !== undefined && { stopWords: new Set(stop_words) }),
  };
}

function expectMatrix(got: SparseMatrix, want: { shape: number[]; indptr: number[]; indices: number[]; values: number[] }): void {
  expect({ shape: got.shape, indptr: [...got.indptr], indices: [...got.indices] }).toEqual({
    shape: want.shape,
    indptr: want.indptr,
    indices: want.indices,
  });
  expect(largestError(got.values, want.values)).toBeLessThan(TOLERANCE);
}

describe("scikit-learn's TfidfVectorizer", () => {
  test.each(golden.cases)("$options", ({ options, terms, idf, fitted, new: other }) => {
    const tfidf = fitTfidf(golden.texts, ours(options));
    expect(tfidf.terms).toEqual(terms);
    expect(largestError(tfidf.idf, idf)).toBeLessThan(TOLERANCE);
    expectMatrix(transformTfidf(tfidf, golden.texts), fitted);
    expectMatrix(transformTfidf(tfidf, golden.new), other);
    // What is kept is JSON.
    expectMatrix(transformTfidf(JSON.parse(JSON.stringify(tfidf)), golden.new), other);
  });

  test("nothing to learn from", () => {
    expect(() => fitTfidf(["a b", "c"])).toThrow(/no term is left — got 0 terms in 2 texts/);
    expect(() => fitTfidf(["one two"], { minDf: 2 })).toThrow(/no term is left/);
    expect(() => fitTfidf(["one two"], { ngramRange: [2, 1] })).toThrow(/no run of words is that long — got 2 to 1 words/);
  });
});

test("stop words by language, and a language that is misspelt", async () => {
  expect((await stopWords("eng")).has("the")).toBe(true);
  expect((await stopWords("deu")).has("und")).toBe(true);
  await expect(stopWords("enf")).rejects.toThrow(/no list for "enf" — expected .*eng.*did you mean "eng"/);
  await expect(stopWords("removeStopwords")).rejects.toThrow(/no list/);
});
