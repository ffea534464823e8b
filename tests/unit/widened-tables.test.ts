// Tables with columns more: values of JSON stay what they are, cells of CSV and TSV are quoted, formats follow names; and recipes that a card tells.
import { readTable } from "@tetrad/engine";
import { expect, test } from "vitest";
import { widenedTable } from "../../packages/cli/src/csv-text.js";
import { recipeOf } from "../../packages/cli/src/language/recipe.js";
import type { TrainingFlags } from "../../packages/cli/src/language/training.js";
import { formatOf } from "../../packages/cli/src/output-format.js";

const RECORDS = [
  { text: "  a, b ", n: 3.5, ok: true, none: null, tags: ["x", "y"], meta: { deep: [1, { y: 2 }] } },
  { text: "c", late: "z" },
];
const LINES = RECORDS.map((record) => JSON.stringify(record)).join("\n");
const ADDED = { label: ["p", null], entities: [[{ type: "PER" }], []] };

test.each(["jsonl", "json"] as const)("%s: records are as they came, with keys more", (format) => {
  const source = format === "json" ? JSON.stringify({ data: RECORDS }) : LINES;
  const table = readTable(source, `in.${format}`, format, { records: true });
  const written = widenedTable(table, ADDED, format);
  const records = format === "json" ? JSON.parse(written) : written.split("\n").map((line) => JSON.parse(line));
  expect(records).toEqual(RECORDS.map((record, i) => ({ ...record, label: ADDED.label[i], entities: ADDED.entities[i] })));
});

test("cells: lists of plain values are joined, others are JSON text, null is empty, and both formats are read back", () => {
  const table = readTable(LINES, "in.jsonl", "jsonl", { records: true });
  const cells = [
    ["a, b", "3.5", "true", "", "x y", '{"deep":[1,{"y":2}]}', "", "p", '[{"type":"PER"}]'],
    ["c", "", "", "", "", "", "z", "", "[]"],
  ];
  for (const format of ["csv", "tsv"] as const) {
    const back = readTable(widenedTable(table, ADDED, format), `out.${format}`);
    expect(back.columns).toEqual(["text", "n", "ok", "none", "tags", "meta", "late", "label", "entities"]);
    expect(back.rows).toEqual(cells);
  }
});

test("a table of cells becomes records of text", () => {
  const table = readTable("a,b\n1,x\n", "in.csv");
  expect(widenedTable(table, { p: [0.5] }, "jsonl")).toBe('{"a":"1","b":"x","p":0.5}');
  expect(table.records).toBeUndefined();
});

test("without records nested values are refused, as before", () => {
  expect(() => readTable(LINES, "in.jsonl")).toThrow(/column "meta" holds a nested value.*in\.jsonl:1/);
});

test.each([
  [{}, undefined],
  [{ out: "x" }, "csv"],
  [{ out: "x.TSV" }, "tsv"],
  [{ out: "a/x.ndjson" }, "jsonl"],
  [{ out: "x.json" }, "json"],
  [{ out: "x.csv", format: "jsonl" }, "jsonl"],
  [{ out: "x.parquet", format: "csv" }, "csv"],
] as const)("%j is written as %s", (asked, format) => {
  expect(formatOf(asked)).toBe(format);
});

test("a name of another kind is refused", () => {
  expect(() => formatOf({ out: "x.parquet" })).toThrow(/unknown kind of table — got x\.parquet.*--format csv/);
});

const FLAGS: TrainingFlags = {
  ...{ model: "m", train: "t.csv", out: "o", testShare: 0.1, validationShare: 0.1 },
  ...{ epochs: 3, batchSize: 16, learningRate: 5e-5, weightDecay: 0.01, seed: 0 },
};

test("a recipe says what was not asked for too, and moves as their option has them", () => {
  expect(recipeOf(FLAGS)).toMatchObject({ optim: "adamw_torch", lr_scheduler_type: "linear", warmup_ratio: 0.1, max_grad_norm: 1 });
  expect(recipeOf({ ...FLAGS, warmupSteps: 5 })).not.toHaveProperty("warmup_ratio");
  const adversarial = { method: "pgd", epsilon: 0.5, alpha: 0.3, steps: 3, per: "text" } as const;
  expect(recipeOf({ ...FLAGS, adversarial, peft: "lora", merge: true })).toMatchObject({
    ...{ adversarial: "pgd:0.5,0.3,3:text", adapter: "lora", merged: "yes" },
  });
});
