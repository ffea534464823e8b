/** `tetrad predict` with a language model: the class or the entities of one text, or of every text of a table. */
import { TetradError, writeFileAtomic } from "@tetrad/engine";
import {
  type Classified,
  classify,
  classifyMultiLabel,
  fillMasks,
  findEntities,
  type Guess,
  type MultiLabelled,
  openClassifier,
  openMlm,
  openMultiLabel,
  openRegressor,
  openTagger,
  regress,
} from "@tetrad/language";
import type { Context } from "../context.js";
import { csvText } from "../csv-text.js";
import type { LanguageTask } from "../language/folder.js";
import { textsFrom } from "../language/texts.js";
import type { PredictOptions } from "./predict.js";

/** What is said of one text: for people, for a table, and for programs. */
export interface Answer {
  readonly text: string;
  readonly lines: string;
  readonly cells: Readonly<Record<string, string | number>>;
  readonly facts: object;
}

export async function predictTextAction(
  context: Context,
  task: LanguageTask,
  folder: string,
  data: string,
  options: PredictOptions,
): Promise<void> {
  if (task === "embed") {
    throw new TetradError("UNSUPPORTED", {
      op: folder,
      what: "this model has no head: it turns texts into vectors",
      hint: `use it with: tetrad embed ${folder}, or fine-tune it first: tetrad finetune classify`,
    });
  }
  const { texts, isFile } = await textsFrom(data, options.text);
  const answers = await context.withEngine(async (engine): Promise<Answer[]> => {
    if (task === "tag") {
      const found = await findEntities(engine, await openTagger(engine, folder), texts);
      return found.map((entities, i) => ({
        text: texts[i] as string,
        lines: entities.length === 0 ? "no entity" : entities.map(({ type, text }) => `${type}  ${text}`).join("\n"),
        cells: { entities: JSON.stringify(entities) },
        facts: { entities },
      }));
    }
    if (task === "mask") {
      const filled = await fillMasks(engine, await openMlm(engine, folder), texts, { top: options.top });
      return filled.map((masks, i) => maskAnswer(texts[i] as string, masks));
    }
    if (task === "regress") {
      const values = await regress(engine, await openRegressor(engine, folder), texts);
      return texts.map((text, i) => ({
        text,
        lines: `${values[i]}`,
        cells: { value: values[i] as number },
        facts: { value: values[i] },
      }));
    }
    if (task === "multi-label") {
      const classifier = await openMultiLabel(engine, folder);
      const results = await classifyMultiLabel(engine, classifier, texts);
      return results.map((result, i) => labelsAnswer(texts[i] as string, result, classifier.labels));
    }
    const classifier = await openClassifier(engine, folder);
    const results = await classify(engine, classifier, texts);
    return results.map((result, i) => classAnswer(texts[i] as string, result, classifier.labels, options.top));
  });
  await writeAnswers(context, answers, isFile, options, "text");
}

/** Prints the answer to one text, or writes a table of them. @param column of the texts in the table */
export async function writeAnswers(
  { terminal }: Context,
  answers: readonly Answer[],
  isFile: boolean,
  options: PredictOptions,
  column: string,
): Promise<void> {
  const [first] = answers as readonly [Answer];
  const told = answers.map(({ text, facts }) => ({ [column]: text, ...facts }));
  if (!isFile) return terminal.result(first.lines, told[0]);
  const table =
    options.format === "jsonl"
      ? answers.map(({ text, cells }) => JSON.stringify({ [column]: text, ...cells })).join("\n")
      : csvText([[column, ...Object.keys(first.cells)], ...answers.map(({ text, cells }) => [text, ...Object.values(cells)])]);
  if (options.out !== undefined) await writeFileAtomic(options.out, `${table}\n`);
  terminal.result(options.out === undefined ? table : `${answers.length} predictions written to ${options.out}`, {
    predictions: told,
    out: options.out ?? null,
  });
}

function classAnswer(text: string, { label, probabilities }: Classified, labels: readonly string[], top: number): Answer {
  const classes = byProbability(labels, probabilities).slice(0, top);
  const { probability } = classes[0] as (typeof classes)[number];
  return { text, lines: probabilityLines(classes), cells: { label, probability }, facts: { label, probability, classes } };
}

function maskAnswer(text: string, masks: readonly (readonly Guess[])[]): Answer {
  const blocks = masks.map((guesses) => probabilityLines(guesses.map(({ token: label, probability }) => ({ label, probability }))));
  return {
    text,
    lines: blocks.join("\n\n"),
    cells: { words: JSON.stringify(masks.map(([best]) => best?.token)) },
    facts: { masks },
  };
}

function labelsAnswer(text: string, { labels, probabilities }: MultiLabelled, all: readonly string[]): Answer {
  const classes = byProbability(all, probabilities);
  return {
    text,
    lines: labels.length === 0 ? "no label" : probabilityLines(classes.filter(({ label }) => labels.includes(label))),
    cells: { labels: JSON.stringify(labels) },
    facts: { labels, classes },
  };
}

interface Likely {
  readonly label: string;
  readonly probability: number;
}

function byProbability(labels: readonly string[], probabilities: Float32Array): Likely[] {
  return labels.map((label, i) => ({ label, probability: probabilities[i] as number })).sort((a, b) => b.probability - a.probability);
}

function probabilityLines(classes: readonly Likely[]): string {
  const width = Math.max(...classes.map(({ label }) => label.length));
  return classes.map(({ label, probability }) => `${label.padEnd(width)}  ${(100 * probability).toFixed(1).padStart(5)} %`).join("\n");
}
