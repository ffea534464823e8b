/** Whether one of two models is better: both measured on the same examples, which are drawn for both alike. */
import { type Engine, mcnemar, type PairedComparison, pairedBootstrap, TetradError } from "@tetrad/engine";
import { entityF1, evaluateClassifier, evaluateTagger, openClassifier, openTagger } from "@tetrad/language";
import type { Context } from "../context.js";
import { accuracyOf, isRight, macroF1Of } from "../language/figures.js";
import { findModel } from "../language/find-model.js";
import { languageTask } from "../language/folder.js";
import { readLabelled, readTagged, type TextColumns } from "../language/texts.js";
import { aligned } from "../numbers.js";

type Two<T> = readonly [first: T, second: T];

export async function compareRuns(context: Context, given: Two<string>, path: string, columns: TextColumns): Promise<void> {
  const places = [await findModel(context, given[0]), await findModel(context, given[1])] as const;
  const [{ folder: first }, { folder: second }] = places;
  const tasks = [await languageTask(places[0]), await languageTask(places[1])];
  const compare = tasks[0] === "classify" ? compareClassifiers : compareTaggers;
  if (tasks[0] !== tasks[1] || (tasks[0] !== "classify" && tasks[0] !== "tag")) {
    throw new TetradError("UNSUPPORTED", {
      op: "runs",
      what: "these models cannot be compared",
      got: tasks.map((task) => task ?? "a network for a table").join(" and "),
      expected: "two that put texts into classes, or two that find entities",
    });
  }
  const { examples, figures, lines, facts } = await compare(context, [first, second], path, columns);
  const table = aligned([
    ["", "first", "second", "difference", "95 % interval", "p"],
    ...Object.entries(figures).map(([name, { first: a, second: b, difference, p }]) => [
      name,
      ...[a, b].map((value) => value.toFixed(4)),
      signed(difference.value),
      `${signed(difference.low)} to ${signed(difference.high)}`,
      probability(p),
    ]),
  ]);
  const [one, two] = given;
  context.terminal.result([`first ${one}, second ${two}, on ${examples} of ${path}:`, "", ...table, ...lines].join("\n"), {
    first: one,
    second: two,
    data: path,
    ...facts,
  });
}

interface Compared {
  /** `31 texts` */
  readonly examples: string;
  readonly figures: Readonly<Record<string, PairedComparison>>;
  readonly lines: readonly string[];
  readonly facts: object;
}

async function compareClassifiers(
  { terminal, withEngine }: Context,
  folders: Two<string>,
  path: string,
  columns: TextColumns,
): Promise<Compared> {
  const rows = await readLabelled(path, columns, (text) => terminal.note(text));
  const target = rows.map(({ label }) => label);
  const [first, second] = await both(withEngine, folders, async (engine, folder) => {
    const { predicted } = await evaluateClassifier(engine, await openClassifier(engine, folder), rows);
    return predicted.map(({ label }) => label);
  });
  const accuracy = pairedBootstrap(rows.length, accuracyOf(target, first), accuracyOf(target, second));
  const macroF1 = pairedBootstrap(rows.length, macroF1Of(target, first), macroF1Of(target, second));
  const test = mcnemar(isRight(target, first), isRight(target, second));
  const { onlyFirst, onlySecond, p, exact } = test;
  return {
    examples: `${rows.length} texts`,
    figures: { accuracy, "macro F1": macroF1 },
    lines: [
      "",
      `the first alone is right on ${onlyFirst} texts, the second alone on ${onlySecond}: p ${probability(p)} by McNemar's test (${exact ? "exact" : "χ²"})`,
    ],
    facts: { texts: rows.length, accuracy, macroF1, mcnemar: test },
  };
}

async function compareTaggers({ withEngine }: Context, folders: Two<string>, path: string): Promise<Compared> {
  const sentences = await readTagged(path);
  const target = sentences.map(({ tags }) => tags);
  const [first, second] = await both(
    withEngine,
    folders,
    async (engine, folder) => (await evaluateTagger(engine, await openTagger(engine, folder), sentences)).predicted,
  );
  const f1 = pairedBootstrap(sentences.length, entityF1(target, first), entityF1(target, second));
  return { examples: `${sentences.length} sentences`, figures: { F1: f1 }, lines: [], facts: { sentences: sentences.length, f1 } };
}

/** One after the other, so that two models never fill the memory. */
async function both<T>(
  withEngine: Context["withEngine"],
  [first, second]: Two<string>,
  predict: (engine: Engine, folder: string) => Promise<T>,
): Promise<Two<T>> {
  return [await withEngine((engine) => predict(engine, first)), await withEngine((engine) => predict(engine, second))];
}

const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`;

const probability = (p: number): string => (p < 1e-4 ? p.toExponential(1) : p.toFixed(4));
