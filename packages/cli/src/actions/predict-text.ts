/** `tetrad predict` with a language model: the class or the entities of one text, or of every text of a table. */
import { type Engine, type Table, TetradError, writeFileAtomic } from "@tetrad/engine";
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
  openMultiTask,
  openRegressor,
  openTagger,
  regress,
  type TaskKind,
  type TaskModel,
} from "@tetrad/language";
import type { Context } from "../context.js";
import { unusedName, widenedTable } from "../csv-text.js";
import { noteCut } from "../language/cut-texts.js";
import type { LanguageTask } from "../language/folder.js";
import { textsFrom } from "../language/texts.js";
import { counted } from "../numbers.js";
import type { PredictOptions } from "./predict.js";

/** What is said of one text: for people, for a table, and for programs. */
export interface Answer {
  readonly text: string;
  readonly lines: string;
  /** Columns of a table; lists and objects become JSON text where it is not JSON */
  readonly cells: Readonly<Record<string, unknown>>;
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
  const { texts, table } = await textsFrom(data, options.text);
  const use = noteCut(context.terminal);
  const answers = await context.withEngine(async (engine): Promise<Answer[]> => {
    if (task === "tag") return ANSWERS.ner(engine, await openTagger(engine, folder, use), texts, options);
    if (task === "regress") return ANSWERS.regress(engine, await openRegressor(engine, folder, use), texts, options);
    if (task === "multi-label") return ANSWERS["multi-label"](engine, await openMultiLabel(engine, folder, use), texts, options);
    if (task === "mask") {
      const filled = await fillMasks(engine, await openMlm(engine, folder), texts, { top: options.top });
      return filled.map((masks, i) => maskAnswer(texts[i] as string, masks));
    }
    return ANSWERS.classify(engine, await openClassifier(engine, folder, use), texts, options);
  });
  await writeAnswers(context, answers, table, options, "text");
}

type Answers<Kind extends TaskKind> = (
  engine: Engine,
  model: Omit<TaskModel<Kind>, "kind">,
  texts: readonly string[],
  options: PredictOptions,
) => Promise<Answer[]>;

/** What a head says of texts, by its kind; questions are answered otherwise. */
const ANSWERS: { readonly [Kind in Exclude<TaskKind, "qa">]: Answers<Kind> } = {
  async ner(engine, tagger, texts) {
    const found = await findEntities(engine, tagger, texts);
    return found.map((entities, i) => ({
      text: texts[i] as string,
      lines: entities.length === 0 ? "no entity" : entities.map(({ type, text }) => `${type}  ${text}`).join("\n"),
      cells: { entities },
      facts: { entities },
    }));
  },
  async regress(engine, regressor, texts) {
    const values = await regress(engine, regressor, texts);
    return texts.map((text, i) => ({
      text,
      lines: `${values[i]}`,
      cells: { value: values[i] as number },
      facts: { value: values[i] },
    }));
  },
  async "multi-label"(engine, classifier, texts) {
    const results = await classifyMultiLabel(engine, classifier, texts);
    return results.map((result, i) => labelsAnswer(texts[i] as string, result, classifier.labels));
  },
  async classify(engine, classifier, texts, { top }) {
    const results = await classify(engine, classifier, texts);
    return results.map((result, i) => classAnswer(texts[i] as string, result, classifier.labels, top));
  },
};

/** What all heads over one backbone say of a text, or of every text of a table. */
export async function predictTasksAction(context: Context, folder: string, data: string, options: PredictOptions): Promise<void> {
  const { texts, table } = await textsFrom(data, options.text);
  const answers = await context.withEngine(async (engine): Promise<Answer[]> => {
    let all = texts.map((text): Answer => ({ text, lines: "", cells: {}, facts: {} }));
    for (const [name, model] of Object.entries(await openMultiTask(engine, folder, noteCut(context.terminal)))) {
      if (model.kind === "qa") {
        context.terminal.note(
          `note: ${name} answers questions; ask it with: tetrad predict ${folder}/${name} --question "…" --context text.txt`,
        );
        continue;
      }
      const own = await (ANSWERS[model.kind] as Answers<Exclude<TaskKind, "qa">>)(engine, model, texts, options);
      all = all.map((one, i) => joined(one, name, own[i] as Answer));
    }
    return all;
  });
  await writeAnswers(context, answers, table, options, "text");
}

function joined(all: Answer, name: string, { lines, cells, facts }: Answer): Answer {
  const own = Object.entries(cells).map(([cell, value]) => [`${name}_${cell}`, value] as const);
  return {
    text: all.text,
    lines: `${all.lines === "" ? "" : `${all.lines}\n`}${name}\n${lines.replace(/^/gm, "  ")}`,
    cells: { ...all.cells, ...Object.fromEntries(own) },
    facts: { ...all.facts, [name]: facts },
  };
}

/**
 * Prints the answer to one text, or writes the table that they came in, with columns more; one text is a table too where a file or a format is asked for.
 * @param column what a text is called under --json, and where it did not come in a table
 */
export async function writeAnswers(
  { terminal }: Context,
  answers: readonly Answer[],
  given: Table | undefined,
  { out, format }: Pick<PredictOptions, "out" | "format">,
  column: string,
): Promise<void> {
  const [first] = answers as readonly [Answer];
  const told = answers.map(({ text, facts }) => ({ [column]: text, ...facts }));
  if (given === undefined && out === undefined && format === undefined) return terminal.result(first.lines, told[0]);
  const table = given ?? { source: column, columns: [column], rows: answers.map(({ text }) => [text]), place: () => column };
  const { columns } = table;
  // Classes that are known stand in a column of that name.
  const named = (name: string) => (columns.includes(name) ? unusedName(`predicted_${name}`, columns) : name);
  const added = Object.fromEntries(Object.keys(first.cells).map((name) => [named(name), answers.map(({ cells }) => cells[name])]));
  const written = widenedTable(table, added, format ?? "csv");
  if (out !== undefined) await writeFileAtomic(out, `${written}\n`);
  terminal.result(out === undefined ? written : `${counted(answers.length, "prediction")} written to ${out}`, {
    predictions: told,
    out: out ?? null,
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
    cells: { words: masks.map(([best]) => best?.token) },
    facts: { masks },
  };
}

function labelsAnswer(text: string, { labels, probabilities }: MultiLabelled, all: readonly string[]): Answer {
  const classes = byProbability(all, probabilities);
  return {
    text,
    lines: labels.length === 0 ? "no label" : probabilityLines(classes.filter(({ label }) => labels.includes(label))),
    cells: { labels },
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
