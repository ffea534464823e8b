// Fine-tuning with the real binary for tasks beyond classes, entities and text: saved, used, measured, and what is said of bad input.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { tinyBert, tinyT5 } from "../support/tiny-model.js";
import { facts, finetune } from "./finetuning.js";
import { type Workplace, workplace } from "./tetrad.js";

const few = ["--epochs", "12", "--batch-size", "4", "--learning-rate", "1e-2", "--max-tokens", "24"];
const lines = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join("\n");
const config = (place: Workplace, folder: string) => JSON.parse(readFileSync(place.path(`${folder}/config.json`), "utf8"));

const marks = ["red", "green", "blue"];
/** Every set of three words, and the words among others. */
const coloured = Array.from({ length: 8 }, (_, i) => {
  const labels = marks.filter((__, bit) => (i >> bit) % 2 === 1);
  return { text: `a house ${labels.join(" and ")} by the sea`, labels };
});

test("several labels: learnt, saved, used and measured", async () => {
  const place = workplace();
  const model = await tinyBert(place.path("tiny"));
  const train = place.write("train.jsonl", lines([...coloured, ...coloured]));
  const test = place.write("test.csv", ["text,labels", ...coloured.map(({ text, labels }) => `${text},${labels.join(";")}`)].join("\n"));
  const run = place.tetrad(...finetune("multi-label", { model, train, test, separator: ";" }, ...few));
  expect(run.code).toBe(0);
  expect(run.stdout).toMatch(/3 labels from 16 texts\n.* samples avg +\d\.\d{4}/s);
  expect(config(place, "out")).toMatchObject({
    architectures: ["BertForSequenceClassification"],
    problem_type: "multi_label_classification",
    id2label: { 0: "blue", 1: "green", 2: "red" },
  });
  const measured = facts<{ micro: { f1: number } }>(place, "evaluate", "out", test, "--label", "labels", "--separator", ";");
  expect(measured.micro.f1).toBeGreaterThan(0.9);
  expect(facts(place, "predict", "out", coloured[5]?.text as string)).toMatchObject({ labels: ["blue", "red"] });
  // Tables keep what else they hold; one text makes a table where one is asked for.
  const told = coloured[0] as { readonly text: string };
  place.write("in.jsonl", lines([{ text: told.text, n: 3, nested: [{ a: null }] }]));
  expect(place.tetrad("predict", "out", "in.jsonl", "--out", "out.jsonl").code).toBe(0);
  const { labels } = facts<{ labels: unknown }>(place, "predict", "out", told.text);
  expect(JSON.parse(readFileSync(place.path("out.jsonl"), "utf8"))).toEqual({ text: told.text, n: 3, nested: [{ a: null }], labels });
  expect(place.tetrad("predict", "out", "a wall", "--out", "one.tsv").stdout).toBe("1 prediction written to one.tsv\n");
  expect(readFileSync(place.path("one.tsv"), "utf8")).toMatch(/^text\tlabels\na wall\t/);
  expect(place.tetrad("predict", "out", "a wall", "--question", "Who?")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/does not answer questions.*--question/),
  });
  expect(place.tetrad("predict", "out", test).stdout.split("\n").slice(0, 3)).toEqual([
    "text,labels,predicted_labels",
    "a house  by the sea,,[]",
    'a house red by the sea,red,"[""red""]"',
  ]);
});

test("numbers: learnt, saved, used and measured", async () => {
  const place = workplace();
  const model = await tinyBert(place.path("tiny"));
  const rated = coloured.map(({ text, labels }) => ({ text, value: labels.length - 1 }));
  const train = place.write("train.jsonl", lines([...rated, ...rated]));
  const run = place.tetrad(...finetune("regress", { model, train, test: train }, ...few));
  expect(run.stdout).toMatch(/numbers of 16 texts\n.*R² +0\.9.*Pearson's correlation +0\.9/s);
  expect(config(place, "out")).toMatchObject({ problem_type: "regression", id2label: { 0: "LABEL_0" } });
  const measured = facts<{ r2: number; spearman: number }>(place, "evaluate", "out", train, "--label", "value");
  expect(measured.r2).toBeGreaterThan(0.9);
  const { value } = facts<{ value: number }>(place, "predict", "out", rated[7]?.text as string);
  expect(Math.abs(value - 2)).toBeLessThan(0.5);
});

test("answers: learnt from SQuAD's JSON, saved, used and measured", async () => {
  const place = workplace();
  const model = await tinyBert(place.path("tiny"));
  const paragraphs = coloured.slice(1).map(({ text, labels: [first = ""] }, i) => ({
    context: text,
    qas: [
      { id: `a${i}`, question: "Which colour is first?", answers: [{ text: first, answer_start: text.indexOf(first) }] },
      { id: `b${i}`, question: "Who lives here?", answers: [], is_impossible: true },
    ],
  }));
  const train = place.write("train.json", JSON.stringify({ version: "v2.0", data: [{ title: "houses", paragraphs }] }));
  const run = place.tetrad(...finetune("qa", { model, train, test: train }, ...few, "--epochs", "40"));
  expect(run.stdout).toMatch(
    /14 questions in 14 windows of 24 tokens\n.*exact match \d+\.\d\d, F1 \d+\.\d\d.*, 7 of the questions without an answer/s,
  );
  expect(config(place, "out")).toMatchObject({ architectures: ["BertForQuestionAnswering"] });
  const measured = facts<{ f1: number; exactMatch: number }>(place, "evaluate", "out", train);
  expect(measured.exactMatch).toBeGreaterThan(90);
  const context = place.write("text.txt", "a house green and blue by the sea");
  const ask = (...more: string[]) => ["predict", "out", "--context", context, ...more];
  expect(facts(place, ...ask("--question", "Which colour is first?"))).toMatchObject({ answer: "green", begin: 8, end: 13 });
  expect(facts(place, ...ask("--question", "Who lives here?", "--null-threshold", "0"))).toMatchObject({ answer: "" });
  expect(place.tetrad(...ask("--question", "Who lives here?", "--null-threshold", "0")).stdout).toMatch(/^no answer\n/);
  const table = place.write("asked.csv", 'question,context\nWhich colour is first?,"a house blue by the sea"\n');
  expect(place.tetrad("predict", "out", table).stdout).toMatch(
    /^question,context,answer,begin,end,probability\nWhich colour is first\?,a house blue by the sea,blue,8,12,0\.\d+\n$/,
  );
  expect(place.tetrad("predict", "out", "--question", "Who?").stderr).toMatch(/error\[ARGUMENT\]: predict: there is nothing to answer/);
});

test("hidden words: learnt, saved, filled in and measured", async () => {
  const place = workplace();
  const model = await tinyBert(place.path("tiny"));
  const train = place.write("train.jsonl", lines([...coloured, ...coloured]));
  const run = place.tetrad(...finetune("mlm", { model, train, test: train }, "--whole-word", ...few));
  const [, before, after] = (/hidden tokens of 16 texts of .*: ([\d.]+) → ([\d.]+)\n/.exec(run.stdout) ?? []).map(Number) as [
    number,
    number,
    number,
  ];
  expect(after).toBeLessThan(0.01 * before);
  expect(config(place, "out")).toMatchObject({ architectures: ["BertForMaskedLM"] });
  const { masks } = facts<{ masks: { token: string }[][] }>(place, "predict", "out", "a house red [MASK] the sea", "--top", "2");
  expect(masks[0]).toHaveLength(2);
  expect(place.tetrad("predict", "out", "a house red [MASK] the sea").stdout).toMatch(/^\S+ +\d+\.\d %\n/);
  expect(facts<{ perplexity: number }>(place, "evaluate", "out", train).perplexity).toBeLessThan(0.01 * before);
  expect(place.tetrad("predict", "out", "no mask").stderr).toMatch(/error\[DATA\]: mlm: a text has no mask to fill.*\[MASK\]/);
});

test("vectors: learnt from pairs, saved, used and measured", async () => {
  const place = workplace();
  const model = await tinyBert(place.path("tiny"));
  const pairs = coloured.map(({ text, labels }) => ({ question: labels.join(" or ") || "none", answer: text }));
  const train = place.write("train.jsonl", lines(pairs));
  const columns = ["--first", "question", "--second", "answer"];
  const run = place.tetrad(...finetune("embed", { model, train, test: train }, ...columns, ...few, "--batch-size", "8", "--epochs", "40"));
  expect(run.stdout).toMatch(/8 pairs, ranking loss\n.*found first +0\.\d+ → (1\.0000|0\.[89]\d+)\n/s);
  expect(readFileSync(place.path("out/README.md"), "utf8")).toMatch(
    /library_name: sentence-transformers\npipeline_tag: sentence-similarity/,
  );
  expect(facts<{ recall1: number }>(place, "evaluate", "out", train, ...columns).recall1).toBeGreaterThan(0.8);
  expect(facts<{ width: number }>(place, "embed", "out", "red").width).toBe(32);
  expect(place.tetrad("predict", "out", "red").stderr).toMatch(/error\[UNSUPPORTED\].*no head.*tetrad embed/);
});

test("texts from texts: learnt, saved and measured", async () => {
  const place = workplace();
  const model = await tinyT5(place.path("tiny"));
  const train = place.write(
    "train.jsonl",
    lines(coloured.map(({ text, labels }) => ({ abstract: text, summary: labels.join(" ") || "none" }))),
  );
  const columns = ["--source", "abstract", "--target", "summary"];
  const run = place.tetrad(...finetune("seq2seq", { model, train, test: train }, ...columns, ...few));
  const [, before, after] = (/: ([\d.]+) → ([\d.]+)\n/.exec(run.stdout) ?? []).map(Number) as [number, number, number];
  expect(after).toBeLessThan(0.1 * before);
  expect(config(place, "out")).toMatchObject({ architectures: ["T5ForConditionalGeneration"] });
  const { perplexity } = facts<{ perplexity: number }>(place, "evaluate", "out", train, ...columns, "--max-tokens", "24");
  expect(perplexity).toBeCloseTo(after, 1);
});

describe("bad input is named, and nothing is written", () => {
  const half = { "test-share": "0.5" };

  test.each<readonly [string, (place: Workplace) => readonly string[], RegExp]>([
    [
      "labels that are no list of text",
      (place) => finetune("multi-label", { train: place.write("t.jsonl", lines([{ text: "a", labels: [1, 2] }])), ...half }),
      /error\[DATA\]: .*the labels are not a list of text — got \[1,2\].*t\.jsonl:1/,
    ],
    [
      "one label",
      (place) => finetune("multi-label", { train: place.write("t.csv", "text,labels\na,x\nb,x\nc,\nd,x\n"), ...half }),
      /error\[DATA\]: multi-label: there is nothing to tell apart.*"x" alone/,
    ],
    [
      "an answer that stands elsewhere",
      (place) => finetune("qa", { train: place.write("t.csv", "question,context,answer,start\nWho?,I am Ada,Ada,4\n"), ...half }),
      /error\[DATA\]: .*the answer does not stand where it is said to.*t\.csv:2.*counted in characters/,
    ],
    [
      "texts without a word",
      (place) => finetune("mlm", { train: place.write("t.csv", "text,n\n ,1\n,2\n"), ...half }),
      /error\[DATA\]: .*column "text" has no text/,
    ],
    [
      "pairs of which one has no score",
      (place) => finetune("embed", { train: place.write("t.csv", "first,second,score\na,b,1\nc,d,\n"), score: "score", ...half }),
      /error\[DATA\]: .*column "score" is no number — got "".*t\.csv:3/,
    ],
    [
      "an encoder that is to write",
      (place) => finetune("seq2seq", { train: place.write("t.csv", "source,target\na,b\nc,d\n"), ...half }),
      /error\[UNSUPPORTED\]: .*not built for this task — got model_type "bert", expected t5/,
    ],
    [
      "a number that is a word",
      (place) => finetune("regress", { train: place.write("t.csv", "text,value\na,1\nb,two\n"), ...half }),
      /error\[DATA\]: .*column "value" is no number — got "two".*t\.csv:3/,
    ],
  ])("%s", (_, args, message) => {
    const place = workplace();
    const { code, stdout, stderr } = place.tetrad(...args(place));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(message);
    expect(existsSync(place.path("out"))).toBe(false);
  });
});
