/** `tetrad predict` with a language model: the class of one text, or of every text of a table. */
import { existsSync } from "node:fs";
import { writeFileAtomic } from "@tetrad/engine";
import { type Classified, classify, openClassifier } from "@tetrad/language";
import type { Context } from "../context.js";
import { csvText } from "../csv-text.js";
import { readTexts } from "../language/texts.js";
import type { PredictOptions } from "./predict.js";

export async function predictTextAction(
  { terminal, withEngine }: Context,
  folder: string,
  data: string,
  options: PredictOptions,
): Promise<void> {
  const isFile = existsSync(data);
  const texts = isFile ? await readTexts(data, options.text) : [data];
  const { labels, results } = await withEngine(async (engine) => {
    const classifier = await openClassifier(engine, folder);
    return { labels: classifier.labels, results: await classify(engine, classifier, texts) };
  });
  const facts = texts.map((text, i) => ({ text, ...best(results[i] as Classified, labels, options.top) }));
  if (!isFile) {
    const [{ classes }] = facts as [(typeof facts)[number]];
    const width = Math.max(...classes.map(({ label }) => label.length));
    const text = classes
      .map(({ label, probability }) => `${label.padEnd(width)}  ${(100 * probability).toFixed(1).padStart(5)} %`)
      .join("\n");
    return terminal.result(text, facts[0]);
  }
  const table =
    options.format === "jsonl"
      ? facts.map(({ text, label, probability }) => JSON.stringify({ text, label, probability })).join("\n")
      : csvText([["text", "label", "probability"], ...facts.map(({ text, label, probability }) => [text, label, probability])]);
  if (options.out !== undefined) await writeFileAtomic(options.out, `${table}\n`);
  terminal.result(options.out === undefined ? table : `${texts.length} predictions written to ${options.out}`, {
    predictions: facts,
    out: options.out ?? null,
  });
}

function best({ label, probabilities }: Classified, labels: readonly string[], top: number) {
  const classes = labels
    .map((name, i) => ({ label: name, probability: probabilities[i] as number }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top);
  return { label, probability: (classes[0] as (typeof classes)[number]).probability, classes };
}
