// Model cards: their heads as the Hub reads them, where a base model's licence is stated, and what damaged files say of it: nothing.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { type CardFacts, modelCard } from "../../packages/cli/src/language/card.js";
import { licenceOf } from "../../packages/cli/src/language/licence.js";

function folder(files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), "tetrad-licence-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

test.each([
  ["the head of README.md", { "README.md": "---\nlanguage: en\nlicense: apache-2.0 # see below\n---\n# A\n" }, { license: "apache-2.0" }],
  [
    "one that the Hub does not know",
    { "README.md": '---\r\nlicense: other\r\nlicense_name: "llama 3"\r\nlicense_link: LICENSE\r\n---\r\n' },
    { license: "other", license_name: "llama 3", license_link: "LICENSE" },
  ],
  ["config.json", { "README.md": "# A\n", "config.json": '{"license": "mit"}' }, { license: "mit" }],
  [
    "README.md before config.json",
    { "README.md": "---\nlicense: mit\n---\n", "config.json": '{"license": "gpl-3.0"}' },
    { license: "mit" },
  ],
  ["nowhere", { "config.json": "{}" }, {}],
  ["text below the head", { "README.md": "---\nlanguage: en\n---\n\nlicense: mit\n" }, {}],
  ["an anchor that is not there", { "README.md": "---\nlicense: *mit\n---\n" }, {}],
  ["damaged files", { "README.md": "---\n- [\n---\n", "config.json": "[{" }, {}],
])("a licence in %s", (_, files, licence) => {
  expect(licenceOf(folder(files))).toEqual(licence);
});

const FACTS: CardFacts = {
  task: "text-classification",
  summary: "Puts texts into 2 classes.",
  name: "prices",
  base: "org/model: small",
  licence: {},
  data: "train.csv",
  recipe: { epochs: 3 },
  metrics: { R2: 0.5, Pearson: Number.NaN, "mean absolute error": 2 },
  measuredOn: "train.csv, kept back",
};
const headOf = (card: string) => parse(card.split("---\n")[1] as string);

test("the head names library, task, base model and figures that are numbers; a licence that nobody stated is left out, and that is said", () => {
  const card = modelCard(FACTS);
  expect(headOf(card)).toEqual({
    library_name: "transformers",
    pipeline_tag: "text-classification",
    base_model: "org/model: small",
    "model-index": [
      {
        name: "prices",
        results: [
          {
            task: { type: "text-classification" },
            dataset: { name: "train.csv, kept back", type: "train.csv-kept-back" },
            metrics: [
              { name: "R2", type: "r_squared", value: 0.5 },
              { name: "mean absolute error", type: "mae", value: 2 },
            ],
          },
        ],
      },
    ],
  });
  expect(card).toMatch(/\n- Pearson: NaN\n/);
  expect(card).toMatch(/The base model's folder states no licence: add `license` above/);
});

test("a licence and what opens the folder", () => {
  const card = modelCard({ ...FACTS, licence: { license: "apache-2.0" } });
  expect(headOf(card)).toMatchObject({ license: "apache-2.0" });
  expect(card).not.toMatch(/states no licence/);
  expect(headOf(modelCard({ ...FACTS, adapter: true }))).toMatchObject({ library_name: "peft" });
  expect(headOf(modelCard({ ...FACTS, task: "sentence-similarity" }))).toMatchObject({ library_name: "sentence-transformers" });
});
