// Each stage of data preparation on texts that were chosen to break it: what stays, what goes and why, and that the same comes out every time.
import {
  applyStage,
  checkLabelMap,
  cleanStage,
  cleanText,
  type DataRow,
  type DataRows,
  dataRows,
  duplicatesStage,
  labelStage,
  type Part,
  type PartStatistics,
  type SplitOptions,
  type Stage,
  type StageReport,
  splitStage,
  statisticsStage,
} from "@tetrad/language";
import { describe, expect, test } from "vitest";
import { HashIndex } from "../../packages/language/src/data/hash-index.js";
import { jaccard, sketchOf } from "../../packages/language/src/data/near-texts.js";
import { Tally } from "../../packages/language/src/data/rows.js";

/** Rows of texts and classes, of the training part unless a third cell says otherwise. */
function rowsOf(texts: readonly (readonly [text: string, label?: string, part?: Part])[], columns = ["text", "label"]): DataRows {
  const list = texts.map(([text, label = "", part = "train"], i): DataRow => ({ part, at: `t.csv:${i + 2}`, cells: [text, label] }));
  return dataRows(columns, list);
}

function runStage<Options>(stage: Stage<Options>, rows: DataRows, options: Options): StageReport & { readonly rows: readonly DataRow[] } {
  const { rows: out, report } = applyStage(stage, rows, options);
  expect(report.rowsIn).toBe([...rows].length);
  if (stage.name !== "statistics") expect(report.rowsOut).toBe([...out].length);
  expect(Object.values(report.dropped).reduce((sum, count) => sum + count, 0)).toBe(report.rowsIn - report.rowsOut);
  return { ...report, rows: [...out] };
}

const textsIn = (rows: readonly DataRow[]) => rows.map(({ cells }) => cells[0]);

describe("clean", () => {
  const plain = (text: string, options: Partial<{ html: boolean; keepLines: boolean }> = {}) =>
    cleanText(text, { html: false, keepLines: false, ...options });

  test.each([
    ["e\u0301", "é", ["Unicode normalised"]],
    ["\ufeffa\u200bb\u00adc\u0000d\u202ee\u0007", "abcde", ["unseen characters removed"]],
    ["half \ud83d of a pair", "half of a pair", ["unseen characters removed", "white space made one"]],
    ["family 👨‍👩‍👧 می‌خواهم 👍🏽", "family 👨‍👩‍👧 می‌خواهم 👍🏽", []],
    [" a\t\u00a0 b\r\n\r\nc\u2028d\u0085 ", "a b c d", ["white space made one"]],
    ["a < b &amp; <b>c</b>", "a < b &amp; <b>c</b>", []],
    ["\u0000 \u200b", "", ["unseen characters removed", "white space made one"]],
  ])("%j", (text, clean, steps) => {
    expect(plain(text)).toEqual({ text: clean, steps, unknownEntities: 0 });
    expect(plain(clean).steps).toEqual([]);
  });

  test("line ends may stay", () => {
    expect(plain(" a  b \r\n\r\n c\td ", { keepLines: true }).text).toBe("a b\nc d");
  });

  test("HTML", () => {
    const html = (text: string) => plain(text, { html: true });
    expect(html("<p>One<br/>two <b>thr</b>ee &amp; four</p><!-- no --><script>if (a < b) x()</script>").text).toBe("One two three & four");
    expect(html("a < b, 3 <4 and i<j; &lt;b&gt; &#8212; &#x1F600; &euro;5 &eacute; AT&T &amp;lt;").text).toBe(
      "a < b, 3 <4 and i<j; <b> — 😀 €5 é AT&T &lt;",
    );
    expect(html("&nosuch; &#xD800; &#99999999;")).toMatchObject({ text: "&nosuch; &#xD800; &#99999999;", unknownEntities: 2 });
  });

  test("rows that hold nothing, have no class, are too short or too long, or lost a word that had a tag", () => {
    const rows = rowsOf([
      ["good text", "a"],
      [" \u200b ", "a"],
      ["no class", "N/A"],
      ["ab", "a"],
      ["x".repeat(50), "b"],
      ["None", "b"],
    ]);
    const result = runStage(cleanStage, rows, { text: "text", label: "label", html: false, keepLines: false, minChars: 3, maxChars: 40 });
    expect(textsIn(result.rows)).toEqual(["good text", "None"]);
    expect(result.dropped).toEqual({ empty: 1, "without a class": 1, "shorter than 3 characters": 1, "longer than 40 characters": 1 });
    const tagged = rowsOf(
      [
        ["Anna \u200b lives", "B-PER O O"],
        ["Tom", "B-PER"],
      ],
      ["text", "tags"],
    );
    const kept = runStage(cleanStage, tagged, { text: "text", tags: "tags", html: false, keepLines: false });
    expect(textsIn(kept.rows)).toEqual(["Tom"]);
    expect(kept.dropped).toEqual({ "no longer a tag for each word": 1 });
  });

  test("nothing left, limits that contradict each other, a column that is not there", () => {
    const options = { text: "text", html: false, keepLines: false };
    expect(() => runStage(cleanStage, rowsOf([[" "], ["\u0000"]]), options)).toThrow(/no row is left of 2 — got 2 empty/);
    expect(() => runStage(cleanStage, rowsOf([["a"]]), { ...options, minChars: 9, maxChars: 3 })).toThrow(/at least 9 and at most 3/);
    expect(() => runStage(cleanStage, rowsOf([["a"]]), { ...options, text: "txt" })).toThrow(/no column "txt".*did you mean "text"/);
  });
});

describe("labels", () => {
  const rows = rowsOf([
    ["a", "x"],
    ["b", "y"],
    ["c", "z"],
    ["d", "toString"],
  ]);

  test("renamed, joined, left out", () => {
    const result = runStage(labelStage, rows, { label: "label", map: { x: "w", y: "w", z: null } });
    expect(result.rows.map(({ cells }) => cells)).toEqual([
      ["a", "w"],
      ["b", "w"],
      ["d", "toString"],
    ]);
    expect(result).toMatchObject({ dropped: { 'of class "z"': 1 }, changed: { "x → w": 1, "y → w": 1 } });
  });

  test("a map that is wrong", () => {
    expect(() => runStage(labelStage, rows, { label: "label", map: { tostring: "w" } })).toThrow(
      /"tostring", which no row has.*"toString"/,
    );
    expect(() => runStage(labelStage, rowsOf([["a", "x"]]), { label: "label", map: { x: null } })).toThrow(/leaves every row out/);
    expect(() => checkLabelMap({ x: 3 }, "map.json")).toThrow(/map\.json: the class "x" is mapped to what is no name — got 3/);
    expect(() => checkLabelMap({ x: "" }, "map.json")).toThrow(/no name/);
  });
});

describe("duplicates", () => {
  const long = "we measure the expansion of the universe with supernovae of type one a and find that it accelerates";
  const rows = rowsOf([
    ["Where is my card?", "card", "test"],
    [`${long} today`, "cosmology", "test"],
    ["where  IS my card?", "card"],
    [`${long} now`, "cosmology"],
    ["Ein Text", "x"],
    ["ein text", "y"],
    ["EIN TEXT", "x"],
    ["another text of its own", "x"],
    ["Another text, of its own!", "x"],
    ["cafe\u0301", "x"],
    ["caf\u00e9", "x"],
  ]);
  const options = { text: "text", label: "label", find: "near", drop: true, dropConflicts: false } as const;

  test("equal and nearly equal, in the data and in the test file, whose rows stay", () => {
    const result = runStage(duplicatesStage, rows, options);
    expect(result.dropped).toEqual({
      "also in the test file": 1,
      "nearly in the test file": 1,
      "exact duplicates": 3,
      "near duplicates": 1,
    });
    expect(result.rows.map(({ at }) => at)).toEqual([2, 3, 6, 9, 11].map((line) => `t.csv:${line}`));
    expect(result.notes).toEqual(["texts with several classes, which stay: 1, in 3 rows"]);
    expect(result.facts).toMatchObject({ conflicts: { texts: 1, rows: 3 } });
    expect(result.facts?.["examples"]).toContainEqual({
      kind: "nearly in the test file",
      row: { at: "t.csv:5", text: `${long} now`, label: "cosmology" },
      like: { at: "t.csv:3", text: `${long} today`, label: "cosmology" },
    });
    expect(runStage(duplicatesStage, rows, options)).toEqual(result);
  });

  test("only told of, only exact, conflicts out", () => {
    const told = runStage(duplicatesStage, rows, { ...options, drop: false });
    expect(told.dropped).toEqual({});
    expect(told.notes).toHaveLength(3);
    expect(told.notes[0]).toMatch(/^rows that are in the test file too, or nearly: 2;/);
    expect(runStage(duplicatesStage, rows, { ...options, find: "exact" }).dropped).toEqual({
      "also in the test file": 1,
      "exact duplicates": 3,
    });
    const clear = runStage(duplicatesStage, rows, { ...options, drop: false, dropConflicts: true });
    expect(clear.dropped).toEqual({ "of texts with several classes": 3 });
    expect(textsIn(clear.rows)).not.toContain("Ein Text");
  });

  test("a duplicate in the test file is told of and stays", () => {
    const result = runStage(
      duplicatesStage,
      rowsOf([
        ["a b", "x", "test"],
        ["A b", "x", "test"],
      ]),
      options,
    );
    expect(result.rows).toHaveLength(2);
    expect(result.facts?.["found"]).toEqual({ "exact duplicates": 1 });
  });

  test("what MinHash finds is what comparing every pair finds", () => {
    // Texts in families: each a copy of its family's first with a few words changed.
    const word = (i: number) => `w${(i * 2654435761) % 997}`;
    const texts = Array.from({ length: 400 }, (_, i) => {
      const family = i % 80;
      const words = Array.from({ length: 40 }, (_, j) => word(family * 41 + j));
      for (let change = 0; change < Math.floor(i / 80) - 1; change++) words[(i * 7 + change * 13) % 40] = `x${i}`;
      return words.join(" ");
    });
    const sets = texts.map((text) => sketchOf(text.split(" ")).shingles);
    const own: number[] = [];
    sets.forEach((set, i) => {
      if (!own.some((j) => jaccard(set, sets[j] as Uint32Array) >= 0.8)) own.push(i);
    });
    const result = runStage(duplicatesStage, rowsOf(texts.map((text) => [text] as const)), {
      text: "text",
      find: "near",
      drop: true,
      dropConflicts: false,
    });
    expect(own.length).toBeGreaterThan(100);
    expect(own.length).toBeLessThan(300);
    expect(result.rows.map(({ at }) => at)).toEqual(own.map((i) => `t.csv:${i + 2}`));
  });

  test("what is near a text that is near another need not go with it", () => {
    const words = Array.from({ length: 60 }, (_, i) => `w${i}`);
    const set = (text: string) => sketchOf(text.split(" ")).shingles;
    const chain = [0, 4, 8].map((begin) => words.slice(begin, begin + 50).join(" "));
    expect(jaccard(set(chain[0] as string), set(chain[1] as string))).toBe(42 / 50);
    expect(jaccard(set(chain[0] as string), set(chain[2] as string))).toBeLessThan(0.8);
    const { rows } = runStage(duplicatesStage, rowsOf(chain.map((text) => [text] as const)), {
      text: "text",
      find: "near",
      drop: true,
      dropConflicts: false,
    });
    expect(textsIn(rows)).toEqual([chain[0], chain[2]]);
  });

  test("hashes that share 32 bits are told apart, and many are found again", () => {
    const index = new HashIndex();
    for (let i = 0; i < 5000; i++) index.set(i, i % 7, i);
    expect(Array.from({ length: 5000 }, (_, i) => index.get(i, i % 7))).toEqual(Array.from({ length: 5000 }, (_, i) => i));
    expect(index.get(1, 3)).toBeUndefined();
    index.set(1, 1, 9);
    expect(index.get(1, 1)).toBe(9);
  });

  test("Jaccard similarity of sets of shingles", () => {
    const set = (text: string) => sketchOf(text.split(" ")).shingles;
    expect(set("a b c d e f")).toHaveLength(2);
    expect(set("a b")).toHaveLength(1);
    expect(set("a b c d e a b c d e")).toHaveLength(5);
    expect(jaccard(set("a b c d e f"), set("b c d e f g"))).toBe(1 / 3);
    expect(jaccard(set("a b"), set("a b c"))).toBe(0);
  });

  test("near texts are looked for among so many; equal ones are all found, and what was not looked for is told", () => {
    const long = (n: number) => Array.from({ length: 40 }, (_, i) => `word${n}x${i}`).join(" ");
    const rows = rowsOf([[long(1)], [long(2)], [long(3)], [`${long(1)} more`], [`${long(3)} more`], [long(3)]]);
    const options = { text: "text", find: "near", drop: true, dropConflicts: false } as const;
    expect(runStage(duplicatesStage, rows, options)).toMatchObject({ dropped: { "near duplicates": 2, "exact duplicates": 1 }, notes: [] });
    expect(runStage(duplicatesStage, rows, { ...options, mostNear: 2 })).toMatchObject({
      dropped: { "near duplicates": 1, "exact duplicates": 1 },
      notes: ["texts that others were not held against, because so many came before them: 2; equal ones are all found"],
    });
  });

  test("names beyond the most are not told apart", () => {
    const tally = new Tally(2);
    for (const name of ["a", "b", "c", "a", "d", "a name that is long enough to be a view"]) tally.add(name);
    expect({ counts: tally.counts, others: tally.others }).toEqual({ counts: { a: 2, b: 1 }, others: 3 });
  });
});

describe("split", () => {
  const counts = (rows: readonly DataRow[], column = 1) => {
    const found: Record<string, Record<string, number>> = {};
    for (const { part, cells } of rows) {
      const of = found[cells[column] as string] ?? {};
      found[cells[column] as string] = of;
      of[part] = (of[part] ?? 0) + 1;
    }
    return found;
  };
  const many = rowsOf(
    Array.from({ length: 1000 }, (_, i) => [`text ${i}`, i % 10 === 0 ? "rare" : i % 3 === 0 ? "some" : "often"] as const),
  );
  const options: SplitOptions = { validation: 0.1, test: 0.2, stratify: "label", seed: 0 };

  test("every class has its share, the order stays, the seed decides", () => {
    const { rows, changed } = runStage(splitStage, many, options);
    expect(changed).toEqual({ train: 700, validation: 100, test: 200 });
    expect(counts(rows)).toEqual({
      rare: { train: 70, validation: 10, test: 20 },
      some: { train: 210, validation: 30, test: 60 },
      often: { train: 420, validation: 60, test: 120 },
    });
    expect(rows.map(({ at }) => at)).toEqual([...many].map(({ at }) => at));
    const parts = (seed: number) => runStage(splitStage, many, { ...options, seed }).rows.map(({ part }) => part);
    expect(parts(0)).toEqual(rows.map(({ part }) => part));
    expect(parts(1)).not.toEqual(parts(0));
  });

  test("small classes: the parts' sizes are right, and each class keeps a row to train on", () => {
    const small = rowsOf(Array.from({ length: 60 }, (_, i) => [`text ${i}`, `class ${i % 20}`] as const));
    const { rows, changed } = runStage(splitStage, small, options);
    expect(changed).toEqual({ train: 42, validation: 6, test: 12 });
    for (const parts of Object.values(counts(rows))) expect(parts["train"]).toBeGreaterThan(0);
  });

  test("a test file that is given stays the test part", () => {
    const rows = rowsOf([...Array.from({ length: 10 }, (_, i) => [`${i}`, "a"] as const), ["t", "b", "test"]]);
    const result = runStage(splitStage, rows, { validation: 0.2, test: 0, stratify: "label", seed: 0 });
    expect(result.changed).toEqual({ train: 8, validation: 2, test: 1 });
    expect(result.rows.at(-1)?.part).toBe("test");
  });

  test("groups stay whole, with and without regard to classes", () => {
    const list = Array.from({ length: 600 }, (_, i): DataRow => {
      const group = Math.floor(i ** 1.2 / 15);
      return { part: "train", at: `t.csv:${i + 2}`, cells: [`text ${i}`, group % 4 === 0 ? "a" : i % 2 === 0 ? "b" : "c", `g${group}`] };
    });
    const grouped = dataRows(["text", "label", "group"], list);
    for (const stratify of [{}, { stratify: "label" }]) {
      const { rows, changed } = runStage(splitStage, grouped, { validation: 0.1, test: 0.2, group: "group", seed: 3, ...stratify });
      for (const parts of Object.values(counts(rows, 2))) expect(Object.keys(parts)).toHaveLength(1);
      expect(Math.abs((changed["test"] as number) - 120)).toBeLessThan(12);
      expect(Math.abs((changed["validation"] as number) - 60)).toBeLessThan(12);
      if ("stratify" in stratify)
        for (const { train = 0, validation = 0, test = 0 } of Object.values(counts(rows)))
          expect(Math.abs(test / (train + validation + test) - 0.2)).toBeLessThan(0.05);
    }
  });

  test.each<readonly [string, DataRows, Partial<SplitOptions>, RegExp]>([
    ["shares", many, { validation: 0.5, test: 0.5 }, /nothing to train on — got validation 0\.5, test 0\.5/],
    [
      "a lone row",
      rowsOf([
        ["a", "x"],
        ["b", "x"],
        ["c", "y"],
      ]),
      {},
      /class "y" has one row/,
    ],
    [
      "too few rows",
      rowsOf([
        ["a", "x"],
        ["b", "x"],
      ]),
      {},
      /no row is left for the (test|validation) part — got 2 rows/,
    ],
    [
      "one group",
      rowsOf([
        ["a", "x"],
        ["a", "y"],
      ]),
      { group: "text" },
      /fewer groups than there are parts — got "a", expected at least 3/,
    ],
    [
      "a class in one group",
      rowsOf([
        ["g", "x"],
        ["g", "x"],
        ["h", "y"],
        ["i", "y"],
      ]),
      { group: "text" },
      /impossible to have every class in two parts — got "x" in one group only/,
    ],
    [
      "no group",
      rowsOf([
        ["g", "x"],
        ["n/a", "x"],
      ]),
      { group: "text" },
      /a row has no group in column "text" — got "n\/a" \(at t\.csv:3\)/,
    ],
    ["no such column", many, { stratify: "lable" }, /no column "lable"/],
  ])("bad input: %s", (_, rows, own, message) => {
    expect(() => runStage(splitStage, rows, { ...options, ...own })).toThrow(message);
  });
});

describe("statistics", () => {
  test("lengths, words, classes, scripts", () => {
    const rows = rowsOf([
      ["The card, the CARD 👍", "b"],
      ["слово по-русски", "a"],
      ["one", "b"],
      ["new card words", "c", "test"],
    ]);
    const { facts, notes } = runStage(statisticsStage, rows, { text: "text", label: "label", stopWords: new Set(["the"]) });
    const { train, test } = facts as unknown as Record<Part, PartStatistics>;
    expect(train).toMatchObject({
      rows: 3,
      characters: { total: 20 + 15 + 3, least: 3, most: 20, percentiles: { p5: 3, p50: 15, p95: 20 }, histogram: [0, 0, 1, 0, 1, 1] },
      words: { total: 8, least: 1, most: 4, percentiles: { p50: 3 } },
      vocabulary: 6,
      typeTokenRatio: 6 / 8,
      stopWordShare: 2 / 8,
      labels: [
        { label: "b", rows: 2 },
        { label: "a", rows: 1 },
      ],
      scripts: { Latin: 17 / 30, Cyrillic: 13 / 30 },
      longest: { at: "t.csv:2", text: "The card, the CARD 👍" },
      shortest: { at: "t.csv:4", text: "one" },
    });
    expect(train.words.mean).toBeCloseTo(8 / 3, 12);
    expect(train.frequent[0]).toEqual({ word: "card", count: 2 });
    expect(train.unseenShare).toBeUndefined();
    expect(test).toMatchObject({ rows: 1, vocabulary: 3, unseenShare: 2 / 3 });
    expect(test.scripts).toBeUndefined();
    expect(notes).toEqual(["classes of the test part that the train part has not: 1 (c)"]);
  });

  test("percentiles are those of the sorted list", () => {
    const lengths = Array.from({ length: 1000 }, (_, i) => (i * 7919) % 613);
    const { facts } = runStage(statisticsStage, rowsOf(lengths.map((length) => ["a".repeat(length)] as const)), { text: "text" });
    const sorted = lengths.toSorted((a, b) => a - b);
    const { percentiles } = (facts as unknown as Record<Part, PartStatistics>).train.characters;
    for (const percent of [5, 25, 50, 75, 95, 99] as const) expect(percentiles[`p${percent}`]).toBe(sorted[percent * 10 - 1]);
  });
});
