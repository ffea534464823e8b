/**
 * Weights of words in texts by how often they stand in a text and how few texts have them: scikit-learn's TfidfVectorizer with its defaults (smooth_idf, l2 norm, its
 * token pattern), idf(t) = ln((1 + n) / (1 + df(t))) + 1.
 */
import { TetradError } from "@tetrad/engine";
import { cellOf, type DataRow, type DataRows, type Stage } from "./rows.js";

export interface TfidfOptions {
  /** Lengths of the runs of words that count as terms; [1, 1] unless told */
  readonly ngramRange?: readonly [least: number, most: number];
  /** Texts that a term must occur in; 1 unless told */
  readonly minDf?: number;
  /** The terms that occur most often; of equally frequent ones, the first by code unit */
  readonly maxFeatures?: number;
  readonly stopWords?: ReadonlySet<string>;
}

/** What was learnt from texts; plain JSON but for the stop words. */
export interface Tfidf {
  /** Ascending by code unit: the columns */
  readonly terms: readonly string[];
  readonly idf: readonly number[];
  readonly ngramRange: readonly [least: number, most: number];
  readonly stopWords: readonly string[];
}

/** Compressed sparse rows, as in SciPy: row i holds values[k] in columns indices[k], indptr[i] ≤ k < indptr[i + 1], columns ascending. */
export interface SparseMatrix {
  readonly shape: readonly [rows: number, columns: number];
  readonly indptr: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float64Array;
}

/** Python's (?u)\b\w\w+\b in lower case. */
function termsOf(text: string, [least, most]: readonly [number, number], stopWords: ReadonlySet<string>): string[] {
  const words = (text.toLowerCase().match(/[\p{L}\p{N}_]{2,}/gu) ?? []).filter((word) => !stopWords.has(word));
  if (least === 1 && most === 1) return words;
  const terms: string[] = [];
  for (let n = least; n <= most; n++) for (let i = 0; i + n <= words.length; i++) terms.push(words.slice(i, i + n).join(" "));
  return terms;
}

/** @throws TetradError ARGUMENT for a range that holds nothing, DATA where no term is left */
export function fitTfidf(texts: Iterable<string>, options: TfidfOptions = {}): Tfidf {
  const { ngramRange = [1, 1], minDf = 1, maxFeatures = Number.POSITIVE_INFINITY, stopWords = new Set<string>() } = options;
  const [least, most] = ngramRange;
  if (!(least >= 1 && most >= least))
    throw new TetradError("ARGUMENT", {
      op: "tfidf",
      what: "no run of words is that long",
      got: `${least} to ${most} words`,
      expected: "1 to 2, say",
    });
  const counts = new Map<string, { texts: number; all: number; last: number }>();
  let rows = 0;
  for (const text of texts) {
    for (const term of termsOf(text, ngramRange, stopWords)) {
      const count = counts.get(term);
      if (count === undefined) {
        if (counts.size === MOST_TERMS) throw tooMany(rows);
        counts.set(term, { texts: 1, all: 1, last: rows });
      } else {
        count.all++;
        if (count.last !== rows) count.texts++;
        count.last = rows;
      }
    }
    rows++;
  }
  const frequent = [...counts].filter(([, { texts: df }]) => df >= minDf);
  frequent.sort(([a, m], [b, n]) => n.all - m.all || (a < b ? -1 : 1));
  const terms = frequent.slice(0, maxFeatures).sort(([a], [b]) => (a < b ? -1 : 1));
  if (terms.length === 0)
    throw new TetradError("DATA", {
      op: "tfidf",
      what: "no term is left",
      got: `${counts.size} terms in ${rows} texts`,
      hint: "ask for fewer texts that a term must occur in",
    });
  return {
    terms: terms.map(([term]) => term),
    idf: terms.map(([, { texts: df }]) => Math.log((1 + rows) / (1 + df)) + 1),
    ngramRange,
    stopWords: [...stopWords],
  };
}

/** More do not go into a Map. */
const MOST_TERMS = 2 ** 24 - 1;

function tooMany(rows: number): TetradError {
  return new TetradError("OUT_OF_MEMORY", {
    op: "tfidf",
    what: "there are more different terms than can be counted",
    got: `${MOST_TERMS} in the first ${rows} texts`,
    hint: "learn from fewer texts, or from shorter runs of words",
  });
}

/** A text's columns, ascending, and their weights: counts times idf, divided by their Euclidean norm. A text without known terms has none. */
export function tfidfRow({
  terms,
  idf,
  ngramRange,
  stopWords,
}: Tfidf): (text: string) => { readonly indices: readonly number[]; readonly values: readonly number[] } {
  const columnOf = new Map(terms.map((term, i) => [term, i]));
  const stop = new Set(stopWords);
  return (text) => {
    const counts = new Map<number, number>();
    for (const term of termsOf(text, ngramRange, stop)) {
      const column = columnOf.get(term);
      if (column !== undefined) counts.set(column, (counts.get(column) ?? 0) + 1);
    }
    const indices = [...counts.keys()].sort((a, b) => a - b);
    const weights = indices.map((column) => (counts.get(column) as number) * (idf[column] as number));
    const norm = Math.sqrt(weights.reduce((sum, weight) => sum + weight * weight, 0));
    return { indices, values: weights.map((weight) => weight / norm) };
  };
}

export function transformTfidf(tfidf: Tfidf, texts: readonly string[]): SparseMatrix {
  const row = tfidfRow(tfidf);
  const rows = texts.map(row);
  const indptr = new Int32Array(rows.length + 1);
  rows.forEach(({ indices }, i) => {
    indptr[i + 1] = (indptr[i] as number) + indices.length;
  });
  return {
    shape: [rows.length, tfidf.terms.length],
    indptr,
    indices: Int32Array.from(rows.flatMap(({ indices }) => indices)),
    values: Float64Array.from(rows.flatMap(({ values }) => values)),
  };
}

export interface TfidfStageOptions extends TfidfOptions {
  readonly text: string;
  /** A column that stands before the features */
  readonly label?: string;
}

/** Learns from the training part; rows come out with a column for each term, `tfidf_card` say. */
export const tfidfStage: Stage<TfidfStageOptions> = {
  name: "features",
  version: 1,
  run(rows, { text, label, ...options }, emit) {
    const textOf = cellOf(rows, text);
    const tfidf = fitTfidf(textsOf(rows, textOf), options);
    const rowOf = tfidfRow(tfidf);
    const first = label === undefined ? undefined : cellOf(rows, label);
    let [count, without] = [0, 0];
    for (const row of rows) {
      const { indices, values } = rowOf(textOf(row));
      const cells = new Array<string>(tfidf.terms.length).fill("0");
      indices.forEach((column, i) => {
        cells[column] = featureText(values[i] as number);
      });
      if (indices.length === 0) without++;
      count++;
      emit({ ...row, cells: first === undefined ? cells : [first(row), ...cells] });
    }
    return {
      rowsIn: count,
      rowsOut: count,
      dropped: {},
      changed: {},
      notes: without === 0 ? [] : [`texts without any of the ${tfidf.terms.length} terms: ${without}`],
      columns: featureColumns(
        label,
        tfidf.terms.map((term) => `tfidf_${term}`),
      ),
      facts: { tfidf: { terms: tfidf.terms, idf: tfidf.idf, ngramRange: tfidf.ngramRange, stopWords: tfidf.stopWords } },
    };
  },
};

function* textsOf(rows: DataRows, textOf: (row: DataRow) => string): Generator<string> {
  for (const row of rows) if (row.part === "train") yield textOf(row);
}

/** Seven digits, as a float32 has them. */
export function featureText(value: number): string {
  return String(Number(value.toPrecision(7)));
}

/** @throws TetradError DATA where the column of classes has the name of a feature */
export function featureColumns(label: string | undefined, features: readonly string[]): string[] {
  if (label === undefined) return [...features];
  if (!features.includes(label)) return [label, ...features];
  throw new TetradError("DATA", {
    op: "features",
    what: `the column ${JSON.stringify(label)} has the name of a feature`,
    hint: "rename it",
  });
}
