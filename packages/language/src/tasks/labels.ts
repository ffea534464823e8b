/** Names of classes in data and in config.json. */

import { type JsonObject, listed, TetradError } from "@tetrad/engine";

/** Every class once, by code unit. @throws TetradError DATA for fewer than two */
export function labelsIn(op: string, labels: Iterable<string>): string[] {
  const all = [...new Set(labels)].sort((a, b) => (a < b ? -1 : 1));
  if (all.length >= 2) return all;
  throw new TetradError("DATA", {
    op,
    what: "there is nothing to tell apart",
    got: all.length === 0 ? "no class" : `${JSON.stringify(all[0])} alone`,
    expected: "at least two classes",
    hint: "is that the column of classes?",
  });
}

/** Fields of config.json that name the classes. */
export function labelFields(labels: readonly string[]): JsonObject {
  return {
    id2label: Object.fromEntries(labels.map((label, i) => [`${i}`, label])),
    label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
  };
}

/** @throws TetradError FORMAT for a folder without classes */
export function labelsOfConfig(config: JsonObject, folder: string): string[] {
  const names = config["id2label"];
  const count = typeof names === "object" && names !== null ? Object.keys(names).length : 0;
  const labels = Array.from({ length: count }, (_, i) => (names as Readonly<Record<string, unknown>>)[`${i}`]);
  if (count > 0 && labels.every((label) => typeof label === "string")) return labels as string[];
  throw new TetradError("FORMAT", {
    op: `${folder}/config.json`,
    what: '"id2label" does not name the classes',
    hint: "is this a fine-tuned model? make one with: tetrad finetune",
  });
}

/** @throws TetradError DATA that lists classes which training did not see; `op` says where they are */
export function checkKnown(known: readonly string[], labels: Iterable<string>, op = "evaluate"): void {
  const unknown = [...new Set(labels)].filter((label) => !known.includes(label));
  if (unknown.length === 0) return;
  throw new TetradError("DATA", {
    op,
    what: "the data have classes that the model was not trained on",
    got: listed(
      unknown.map((label) => JSON.stringify(label)),
      5,
    ),
    expected: `some of its ${known.length}: ${listed(
      known.map((label) => JSON.stringify(label)),
      5,
    )}`,
    hint: "leave their examples out, or train with some",
  });
}

/** @throws TetradError ARGUMENT for what is no list of texts; plain JavaScript can pass anything */
export function checkTexts(op: string, texts: readonly string[]): void {
  const row = Array.isArray(texts) ? texts.findIndex((text) => typeof text !== "string") : -1;
  if (Array.isArray(texts) && row < 0) return;
  throw new TetradError("ARGUMENT", {
    op,
    what: row < 0 ? "texts come in a list" : `text ${row} is no text`,
    got: row < 0 ? typeof texts : String(texts[row]),
    expected: '["a text", …]',
  });
}

/** @throws TetradError DATA where a tokenizer that adds nothing makes nothing of a text: a model can say nothing about nothing */
export function checkSequences(op: string, sequences: readonly ArrayLike<number>[]): void {
  const row = sequences.findIndex(({ length }) => length === 0);
  if (row < 0) return;
  throw new TetradError("DATA", {
    op,
    what: "a text has no token",
    at: `text ${row + 1}`,
    hint: "leave empty texts out: this model's tokenizer adds nothing to them",
  });
}
