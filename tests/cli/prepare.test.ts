// Data preparation with the real binary: what is written, what is kept and made again, what a network learns from it, and what is said of bad input.
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../support/root.js";
import { sharedPath } from "../support/shared.js";
import { type Workplace, workplace } from "./tetrad.js";

interface Facts {
  readonly stages: readonly { name: string; hash: string; rowsIn: number; rowsOut: number; dropped: Record<string, number> }[];
  readonly outputs: readonly { file: string; rows: number; sha256: string }[];
  readonly run: readonly { name: string; cached: boolean; seconds: number }[];
}

function prepare(place: Workplace, ...args: readonly string[]): Facts {
  const { code, stdout, stderr } = place.tetrad("prepare", ...args, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Facts;
}

const read = (place: Workplace, name: string) => readFileSync(place.path(name), "utf8");
const lines = (place: Workplace, name: string) => read(place, name).trimEnd().split("\n");
const visible = (place: Workplace, folder: string) => readdirSync(place.path(folder)).filter((name) => !name.startsWith("."));
const cachedStages = ({ run }: Facts) => run.filter(({ cached }) => cached).map(({ name }) => name);

/** Two classes of twelve texts, one of them twice. */
const QUESTIONS = [
  "text,kind",
  ...Array.from({ length: 12 }, (_, i) => `Where is card number ${i}?,card\nWhat is rate number ${i} worth?,rate`),
  "where is  CARD number 3?,card",
].join("\n");

test("a table is cleaned, freed of duplicates and split; everything is recorded, and what has not changed is not done again", () => {
  const place = workplace();
  place.write("q.csv", QUESTIONS);
  const args = ["q.csv", "--label", "kind", "--text", "text", "--drop-duplicates", "--test-share", "0.25", "--out", "data"];
  const text = place.tetrad("prepare", ...args);
  expect(text).toMatchObject({ code: 0, stderr: "" });
  expect(text.stdout).toMatch(
    /^read +25 +\d\.\d s\nclean +25 .*1 white space made one\nduplicates +25 → 24 .*left out: 1 exact duplicates\n/,
  );
  expect(text.stdout).toMatch(/\nsplit +24 .*18 train; 6 test\n/);
  expect(text.stdout).toMatch(/\nwritten to data: train\.csv \(18\), test\.csv \(6\), labels\.json, prepare\.json\n$/);
  expect(visible(place, "data").sort()).toEqual(["labels.json", "prepare.json", "test.csv", "train.csv"]);
  expect(lines(place, "data/test.csv").filter((line) => line.endsWith(",card"))).toHaveLength(3);
  expect(JSON.parse(read(place, "data/labels.json"))).toEqual({ card: 0, rate: 1 });

  const record = read(place, "data/prepare.json");
  const again = prepare(place, ...args);
  expect(cachedStages(again)).toEqual(["read", "clean", "duplicates", "split", "statistics"]);
  expect(read(place, "data/prepare.json")).toBe(record);
  expect(record).not.toMatch(/seconds|cached/);
  const elsewhere = prepare(place, ...args.slice(0, -1), "other", "--cache", "kept");
  expect(cachedStages(elsewhere)).toEqual([]);
  expect(read(place, "other/prepare.json")).toBe(record);
  expect(readdirSync(place.path("kept")).length).toBe(10);
  expect(existsSync(place.path("other/.cache"))).toBe(false);

  // Another seed: from the split on. Another file: everything. What an earlier run wrote and this one does not is gone.
  expect(cachedStages(prepare(place, ...args, "--seed", "1"))).toEqual(["read", "clean", "duplicates"]);
  const whole = prepare(place, "q.csv", "--out", "data");
  expect(cachedStages(whole)).toEqual([]);
  expect(visible(place, "data").sort()).toEqual(["prepare.json", "train.csv"]);
  place.write("q.csv", `${QUESTIONS}\nA new one,card`);
  expect(cachedStages(prepare(place, ...args))).toEqual([]);
  // A damaged part of the cache is made again.
  const split = readdirSync(place.path("data/.cache")).filter((name) => name.startsWith("split-") && name.endsWith(".jsonl"));
  for (const name of split) truncateSync(join(place.path("data/.cache"), name), 10);
  expect(cachedStages(prepare(place, ...args))).toEqual(["read", "clean", "duplicates", "statistics"]);
});

test("texts of the test file are found in the data; classes are renamed; HTML goes", () => {
  const place = workplace();
  place.write(
    "train.jsonl",
    '{"text":"<b>One</b> &amp; all","label":"a"}\n{"text":"Two texts","label":"b"}\n{"text":"Three","label":"c"}\n',
  );
  place.write("test.tsv", "text\tlabel\nONE & all\ta\n");
  place.write("map.json", '{"a":"first","c":null}');
  const args = ["train.jsonl", "--test", "test.tsv", "--label", "label", "--label-map", "map.json", "--html", "--out", "data"];
  expect(place.tetrad("prepare", ...args).stdout).toMatch(/note: rows that are in the test file too, or nearly: 1;/);
  const { stages } = prepare(place, ...args, "--drop-duplicates");
  expect(stages.map(({ dropped }) => dropped)).toEqual([{}, {}, { 'of class "c"': 1 }, { "also in the test file": 1 }, {}]);
  expect(lines(place, "data/train.csv")).toEqual(["text,label", "Two texts,b"]);
  expect(lines(place, "data/test.csv")).toEqual(["text,label", "ONE & all,first"]);
});

test("CoNLL columns stay CoNLL columns; Parquet becomes CSV; a real abstract of a list of papers is found", () => {
  const place = workplace();
  const sentence = (name: string) => `${name}\tB-PER\nlives\tO\n`;
  place.write("t.bio", ["Anna", "Tom", "Vera", "Anna"].map(sentence).join("\n"));
  prepare(place, "t.bio", "--drop-duplicates", "--out", "ner");
  expect(read(place, "ner/train.conll")).toBe(`${["Anna", "Tom", "Vera"].map(sentence).join("\n")}\n`);

  prepare(place, join(root, "tests/support/fixtures/papers.parquet"), "--label", "label", "--out", "papers");
  expect(lines(place, "papers/train.csv")[1]).toBe(
    "Dark energy accelerates the expansion.,cosmology,A. Riess S. Perlmutter,1998,0.5,1998-05-15T00:00:00.000Z",
  );

  const { outputs } = prepare(place, sharedPath("data/arxiv-hep-th/2026-07-24.json"), "--text", "abstract", "--out", "hep");
  expect(outputs).toMatchObject([{ file: "train.csv", rows: 26 }]);
});

test("a network learns from TF-IDF; new texts get the columns of the training part", () => {
  const place = workplace();
  place.write("q.csv", QUESTIONS);
  prepare(place, "q.csv", "--label", "kind", "--test-share", "0.25", "--features", "tfidf", "--max-features", "8", "--out", "data");
  const [header] = lines(place, "data/train-features.csv");
  expect(header).toMatch(/^kind(,tfidf_\w+){8}$/);
  expect(lines(place, "data/test-features.csv")[0]).toBe(header);
  const { terms } = JSON.parse(read(place, "data/tfidf.json")) as { terms: string[] };
  expect(header).toBe(`kind,${terms.map((term) => `tfidf_${term}`).join(",")}`);
  place.write(
    "t.yaml",
    "data: data/train-features.csv\ntarget: kind\nmodel: { hidden: [] }\noptimizer: { name: adam, lr: 0.05 }\nsplit: { validation: 0, test: 0 }\nepochs: 20\n",
  );
  expect(place.tetrad("train", "t.yaml", "--out", "model").code).toBe(0);
  const { result } = JSON.parse(place.tetrad("predict", "model", "data/test-features.csv", "--json", "--quiet").stdout);
  expect(result.accuracy).toBe(1);
});

test("a network learns from embeddings, which are made once", () => {
  const place = workplace();
  place.write("q.csv", QUESTIONS);
  const model = sharedPath("models/all-MiniLM-L6-v2");
  const args = ["q.csv", "--label", "kind", "--features", "embeddings", "--model", model, "--tokenizer", model, "--out", "data", "--quiet"];
  prepare(place, ...args);
  const rows = lines(place, "data/train-features.csv").map((line) => line.split(","));
  expect(rows.map(({ length }) => length)).toEqual(new Array(26).fill(385));
  const norm = Math.hypot(...(rows[1] as string[]).slice(1).map(Number));
  expect(Math.abs(norm - 1)).toBeLessThan(1e-5);
  expect(cachedStages(prepare(place, ...args))).toContain("features");
});

const WRONG_CALLS = ["two test parts", "options of other features"];

describe("bad input is named, and no output is written", () => {
  const utf8 = new Uint8Array([...new TextEncoder().encode("text,label\nok,a\nbad "), 0xff, ...new TextEncoder().encode(",b\n")]);

  test.each<readonly [string, string | Uint8Array, readonly string[], RegExp]>([
    ["bytes that are no text", utf8, [], /error\[DATA\].*not text.*q\.csv:3/],
    ["a row too short", "text,label\na,b\nc\n", [], /error\[DATA\].*wrong number of cells.*q\.csv:3/],
    ["a column that is misspelt", QUESTIONS, ["--label", "kid"], /error\[DATA\].*no column "kid".*did you mean "kind"/],
    ["nothing left", "text,label\n\u200b,a\n", [], /error\[DATA\]: clean: no row is left of 1.*1 empty/],
    ["a class of one row", `${QUESTIONS}\nx,lone`, ["--label", "kind", "--test-share", "0.2"], /error\[DATA\].*class "lone" has one row/],
    [
      "a class in one group",
      "text,label,by\na,x,1\nb,x,1\nc,y,2\nd,y,3\n",
      ["--label", "label", "--group", "by", "--test-share", "0.3"],
      /error\[DATA\]: split: groups of column "by" make it impossible.*"x" in one group only/,
    ],
    ["no class to rename", QUESTIONS, ["--label", "kind", "--label-map", "map.json"], /error\[DATA\].*"crad".*did you mean "card"/],
    ["no such language", QUESTIONS, ["--stop-words", "emg"], /error\[ARGUMENT\].*no list for "emg".*did you mean "eng"/],
    ["two test parts", QUESTIONS, ["--test", "q.csv", "--test-share", "0.2"], /error\[ARGUMENT\].*--test and --test-share/],
    ["options of other features", QUESTIONS, ["--min-df", "2"], /error\[ARGUMENT\].*--min-df.*--features tfidf/],
  ])("%s", (what, content, args, message) => {
    const place = workplace();
    place.write("q.csv", content);
    place.write("map.json", '{"crad":"card"}');
    const { code, stdout, stderr } = place.tetrad("prepare", "q.csv", ...args, "--out", "data");
    expect({ code, stdout }).toEqual({ code: WRONG_CALLS.includes(what) ? 2 : 1, stdout: "" });
    expect(stderr).toMatch(message);
    if (existsSync(place.path("data"))) expect(visible(place, "data")).toEqual([]);
    // Nothing half written in the cache either.
    if (existsSync(place.path("data/.cache")))
      expect(readdirSync(place.path("data/.cache")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("a folder of somebody else's, an input in the way of an output, a format that no name says", () => {
    const place = workplace();
    place.write("train.csv", QUESTIONS);
    expect(place.tetrad("prepare", "train.csv", "--out", ".").stderr).toMatch(/error\[ARGUMENT\].*train\.csv lies where the output goes/);
    place.write("mine/test.csv", "my own");
    expect(place.tetrad("prepare", "train.csv", "--out", "mine").stderr).toMatch(/error\[IO\].*has not written: test\.csv/);
    expect(read(place, "mine/test.csv")).toBe("my own");
    writeFileSync(place.path("t.dat"), QUESTIONS);
    expect(place.tetrad("prepare", "t.dat", "--out", "data").stderr).toMatch(/error\[ARGUMENT\].*does not say which format.*--format csv/);
    expect(place.tetrad("prepare", "t.dat", "--format", "csv", "--out", "data").code).toBe(0);
    expect(place.tetrad("prepare", "t.dat", "--format", "xml", "--out", "data")).toMatchObject({ code: 2 });
  });
});

test("a folder has one run at a time; what a killed one left goes", () => {
  const place = workplace();
  place.write("q.csv", "text,label\nWhere is my card?,card\nWhat is a euro worth?,rate\n");
  // This test's own process is at work there.
  place.write("data/.lock", `${process.pid}`);
  const half = [".train.csv.0123456789ab.tmp", ".cache/.read-1.jsonl.ba9876543210.tmp"];
  for (const name of half) place.write(`data/${name}`, "half");
  const refused = place.tetrad("prepare", "q.csv", "--out", "data");
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/error\[ARGUMENT\]: prepare: another run is writing to data.*process \d+/),
  });
  for (const name of half) expect(existsSync(place.path(`data/${name}`))).toBe(true);
  // A process of this number there cannot be.
  place.write("data/.lock", "99999999");
  expect(place.tetrad("prepare", "q.csv", "--out", "data").code).toBe(0);
  for (const name of [...half, ".lock"]) expect(existsSync(place.path(`data/${name}`)), name).toBe(false);
});
